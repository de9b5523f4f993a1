import { connect as connectHttp2, createSecureServer, type Http2SecureServer } from 'node:http2';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { generate } from 'selfsigned';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { serve } from '../../../tests/kit/serve.js';
import { watchNode } from '../../../tests/kit/watch-node.js';
import {
  attach,
  getRequestId,
  type RawRequest,
  type RawResponse,
  withRequestId,
} from '../src/index.ts';

let certificate: { key: string; cert: string };

beforeAll(async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
  });
  certificate = { key, cert };
});

const seen: unknown[] = [];

/** Removes the header, and notes the id that listeners see when others emit an event later. */
function listener(req: RawRequest, res: RawResponse): void {
  for (const emitter of [req, res]) emitter.on('custom', () => seen.push(getRequestId()));
  const isClass = Object.getOwnPropertyNames(req).includes('emit');
  res.removeHeader('X-Request-ID');
  res.end(`${req.httpVersion} ${isClass ? 'one by one' : 'by its class'}`);
  later.push(() => {
    for (const emitter of [req, res]) emitter.emit('custom');
  });
}

const later: (() => void)[] = [];

function emitLater(): unknown[] {
  for (const emit of later.splice(0)) emit();
  return seen.splice(0);
}

const ways: [string, () => Http2SecureServer][] = [
  [
    'attach',
    () => {
      const server = createSecureServer({ ...certificate, allowHTTP1: true }, listener);
      attach(server);
      return server;
    },
  ],
  [
    'withRequestId',
    () =>
      createSecureServer(
        { ...certificate, allowHTTP1: true },
        withRequestId<RawRequest, RawResponse>(listener),
      ),
  ],
];

describe.each(ways)('an HTTP/2 server that allows HTTP/1, behind %s', (_name, create) => {
  async function listen(): Promise<number> {
    const changes = watchNode();
    onTestFinished(() => expect(changes()).toEqual([]));
    const { port, close } = await serve(create());
    onTestFinished(() => void close());
    return port;
  }

  it('bind HTTP/2 requests', async () => {
    const session = connectHttp2(`https://127.0.0.1:${await listen()}`, {
      rejectUnauthorized: false,
    });
    onTestFinished(() => session.destroy());
    for (const id of ['one', 'two']) {
      const stream = session.request({ ':path': '/', 'x-request-id': id });
      const headers = await new Promise<Record<string, unknown>>((resolve) => {
        stream.on('response', resolve);
      });
      expect(await text(stream)).toBe('2.0 one by one');
      expect(headers['x-request-id']).toBe(id);
      expect(emitLater()).toEqual([id, id]);
    }
  });

  it('bind the HTTP/1 requests of each connection, for which Node resets the classes', async () => {
    const port = await listen();
    const ask = async (id: string, agent: Agent) => {
      const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
        const headers = { 'X-Request-ID': id };
        request({ port, host: '127.0.0.1', agent, headers }, resolve).on('error', reject).end();
      });
      expect(response.headers['x-request-id']).toBe(id);
      const body = await text(response);
      expect(emitLater()).toEqual([id, id]);
      return body;
    };
    const bodies: string[] = [];
    for (const id of ['one', 'two', 'three']) {
      const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
      for (const n of [1, 2]) bodies.push(await ask(`${id}-${n}`, agent));
      agent.destroy();
    }
    expect(new Set(bodies)).toEqual(new Set(['1.1 by its class']));
  });
});
