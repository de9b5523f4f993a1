import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { onClientError } from '@request-context/node-http';
import fastify5, { type FastifyInstance } from 'fastify';
import fastify4 from 'fastify4';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listen as listenOn, send, sendRaw, uuid } from '../../../tests/kit/http.ts';
import { getRequestId, requestId } from '../src/index.ts';

interface Line {
  msg: string;
  reqId?: string;
  mixed?: string;
}

describe.each([
  ['Fastify 4', fastify4 as unknown as typeof fastify5],
  ['Fastify 5', fastify5],
])('%s', (_name, fastify) => {
  /** Returns an app and the lines that it logs, each with reqId and with the context's id as `mixed`. */
  function appWith(options: object = {}): { app: FastifyInstance; lines: Line[] } {
    const lines: Line[] = [];
    const stream = new Writable({
      write(chunk, _encoding, done) {
        lines.push(JSON.parse(String(chunk)));
        done();
      },
    });
    const logger = { stream, mixin: () => ({ mixed: getRequestId() }) };
    const app = fastify({ logger, forceCloseConnections: true, ...options });
    onTestFinished(() => app.close());
    return { app, lines };
  }

  const listen = (app: FastifyInstance, host = '127.0.0.1'): Promise<string> =>
    app.listen({ host, port: 0 });

  /** Returns a plugin with a route that logs a line. */
  function encapsulated(path: string): (app: FastifyInstance) => Promise<void> {
    return async (app) => {
      app.get(path, async (request) => {
        request.log.info('handling');
        return [request.id, request.raw.id, getRequestId()].join();
      });
    };
  }

  it.each([
    {},
    { requestIdHeader: 'request-id' },
    { requestIdHeader: 'x-other' },
    { genReqId: () => 'another' },
  ])('override the Fastify options %j', async (options) => {
    const { app } = appWith(options);
    app.register(requestId);
    app.register(encapsulated('/'));
    const headers = { 'request-id': '<script>', 'x-other': 'x' };
    const answer = await send(await listen(app), { headers });
    expect(answer.id).toMatch(uuid);
    expect(answer.body).toBe([answer.id, answer.id, answer.id].join());
  });

  it('cover every address of localhost', async () => {
    const { app } = appWith();
    app.register(encapsulated('/'));
    app.register(requestId);
    await listen(app, 'localhost');
    for (const { address, family, port } of app.addresses() as AddressInfo[]) {
      const host = family === 'IPv6' ? `[${address}]` : address;
      const url = `http://${host}:${port}`;
      expect((await send(url, { id: 'myid' })).body).toBe('myid,myid,myid');
      expect((await send(`${url}/%zz`, { id: 'myid' })).id).toBe('myid');
    }
  });

  it.each(['/before', '/after'])('respond to inject() of %s as to the network', async (path) => {
    const { app, lines } = appWith();
    app.register(encapsulated('/before'));
    app.register(requestId);
    app.register(encapsulated('/after'));
    const answer = await app.inject({ url: path, headers: { 'x-request-id': 'myid' } });
    expect(answer.body).toBe('myid,myid,myid');
    expect(answer.headers['x-request-id']).toBe('myid');
    expect(lines.map(({ reqId }) => reqId)).toEqual(['myid', 'myid', 'myid']);
  });

  it('let onClientError respond to what the parser rejects', async () => {
    const { app } = appWith({ clientErrorHandler: onClientError });
    app.register(requestId);
    const answer = await sendRaw(await listen(app), 'no HTTP\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n[\s\S]*X-Request-ID: [0-9a-f-]{36}\r\n/);
  });

  it('accept the options that Fastify adds, and reject unknown ones at ready()', async () => {
    const { app } = appWith();
    app.register(requestId, { prefix: '/api', logLevel: 'warn' });
    await app.ready();
    const { app: other } = appWith();
    other.register(requestId, { maxLenght: 1 } as object);
    await expect(other.ready()).rejects.toMatchObject({ option: 'maxLenght' });
  });

  describe('a genReqId that is set elsewhere', () => {
    const generators: Record<string, (app: FastifyInstance) => void> = {
      'an encapsulated plugin, registered after it': (app) => {
        app.register(requestId);
        app.register(async (child) => {
          child.setGenReqId(() => 'other');
          await encapsulated('/')(child);
        });
      },
      'an encapsulated plugin, registered before it': (app) => {
        app.register(async (child) => {
          child.setGenReqId(() => 'other');
          await encapsulated('/')(child);
        });
        app.register(requestId);
      },
      'the app, before it': (app) => {
        app.setGenReqId(() => 'other');
        app.register(requestId);
        app.register(encapsulated('/'));
      },
      'the app, afterwards': (app) => {
        app.register(requestId);
        app.after(() => app.setGenReqId(() => 'other'));
        app.register(encapsulated('/'));
      },
      'the app, when it is almost ready': (app) => {
        app.register(requestId);
        app.register(encapsulated('/'));
        app.addHook('onReady', async () => void app.setGenReqId(() => 'other'));
      },
    };

    it.each(Object.keys(generators))('not change the id when set by %s', async (what) => {
      const { app, lines } = appWith();
      generators[what]?.(app);
      const answer = await send(await listen(app), {
        id: 'myid',
        headers: { 'Request-Id': 'unchecked "id"' },
      });
      expect(answer).toMatchObject({ id: 'myid', body: 'myid,myid,myid' });
      await expect.poll(() => lines.at(-1)?.msg).toBe('request completed');
      const ids = new Set(lines.map(({ reqId }) => reqId).filter((id) => id !== undefined));
      expect([...ids]).toEqual(['myid']);
    });
  });

  describe('injected requests', () => {
    const headers = { 'x-request-id': 'myid' };

    it('be in scope in hooks that were added before the plugin, from the first request on', async () => {
      const { app } = appWith();
      const seen: unknown[] = [];
      app.addHook('onRequest', async () => void seen.push(getRequestId()));
      app.register(async (child) => {
        child.addHook('onRequest', async () => void seen.push(getRequestId()));
        child.get('/', async () => 'ok');
      });
      app.register(requestId);
      for (let time = 0; time < 2; time += 1) {
        const { headers: answered } = await app.inject({ url: '/', headers });
        expect(answered['x-request-id']).toBe('myid');
      }
      expect(seen).toEqual(['myid', 'myid', 'myid', 'myid']);
    });

    it.each([
      ['a promise', (app: FastifyInstance) => app.inject({ url: '/%zz', headers })],
      ['a chain', (app: FastifyInstance) => app.inject().get('/%zz').headers(headers).end()],
      [
        'a callback',
        (app: FastifyInstance) =>
          new Promise<Awaited<ReturnType<typeof app.inject>>>((resolve, reject) => {
            app.inject({ url: '/%zz', headers }, (error, response) =>
              error ? reject(error) : resolve(response as never),
            );
          }),
      ],
    ])('carry the id despite a malformed URL, by %s', async (_how, inject) => {
      const { app } = appWith();
      app.register(encapsulated('/:name'));
      await app.register(requestId);
      const { statusCode, headers: answered } = await inject(app);
      expect(statusCode).toBe(400);
      expect(answered['x-request-id']).toBe('myid');
    });

    it('carry the id through fastify.routing too', async () => {
      const { app } = appWith();
      app.register(encapsulated('/:name'));
      await app.register(requestId);
      await app.ready();
      const server = createServer((req, res) => app.routing(req as never, res as never));
      const answer = await send(`${await listenOn(server)}/%zz`, { id: 'myid' });
      expect(answer).toMatchObject({ status: 400, id: 'myid' });
    });

    it('be rejected when the app is closed, by promise and by callback', async () => {
      const { app } = appWith();
      await app.register(requestId);
      await app.close();
      await expect(app.inject('/')).rejects.toThrow(/closed/);
      const error = await new Promise((resolve) => app.inject('/', resolve));
      expect(String(error)).toMatch(/closed/);
    });
  });

  it('reject a bad id after the hooks added before the plugin, and before later ones', async () => {
    const { app } = appWith();
    const seen: unknown[] = [];
    app.addHook('onRequest', async (_request, reply) => {
      seen.push('before', getRequestId());
      reply.header('Access-Control-Allow-Origin', '*');
    });
    app.register(requestId, { onInvalid: 'reject' });
    app.register(async (child) => {
      child.addHook('onRequest', async () => void seen.push('after'));
      await encapsulated('/')(child);
    });
    const answer = await send(await listen(app), { id: 'bad id!' });
    expect(answer).toMatchObject({ status: 400, id: expect.stringMatching(uuid) });
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    expect(seen).toEqual(['before', answer.id]);
  });

  it("reject upgrades with a bad id, given `onInvalid: 'reject'`", async () => {
    const { app } = appWith();
    app.register(requestId, { onInvalid: 'reject' });
    const upgraded: unknown[] = [];
    app.server.on('upgrade', (_req, socket) => {
      upgraded.push(getRequestId());
      socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    });
    const url = await listen(app);
    const ask = (id: string) =>
      sendRaw(
        url,
        `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\nX-Request-ID: ${id}\r\n\r\n`,
      );
    const refused = await ask('bad id!');
    expect(refused).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(/X-Request-ID: (.*)\r\n/.exec(refused)?.[1]).toMatch(uuid);
    expect(await ask('myid')).toMatch(/^HTTP\/1\.1 101/);
    expect(upgraded).toEqual(['myid']);
  });
});
