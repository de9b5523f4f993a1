import { createServer, type RequestListener } from 'node:http';
import type { Route } from '@request-context/conformance';
import { requestId as express } from '@request-context/express';
import { requestId as fastify } from '@request-context/fastify';
import { requestId as koa } from '@request-context/koa';
import { attach, getRequestId } from '@request-context/node-http';
import express5, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import express4 from 'express4';
import fastify5, { type FastifyInstance } from 'fastify';
import fastify4 from 'fastify4';
import Koa3 from 'koa';
import Koa2 from 'koa2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HttpResponse, listen, send, uuid } from '../../kit/http.ts';
import { adapters } from '../src/adapters/index.ts';

const options = { onInvalid: 'reject' } as const;
const problem = {
  title: 'Bad Request',
  status: 400,
  detail: 'The X-Request-ID header does not hold a valid request id.',
};

function expectProblem(response: HttpResponse): void {
  expect(response).toMatchObject({ status: 400, id: expect.stringMatching(uuid) });
  expect(response.headers['content-type']).toBe('application/problem+json');
  expect(response.headers['content-length']).toBe(String(Buffer.byteLength(response.body)));
  expect(JSON.parse(response.body)).toEqual(problem);
}

const rejected = { id: '<script>' };

it.each(adapters.map((adapter) => [adapter.name, adapter] as const))(
  'respond to a rejected id in %s with problem details if nothing handles the error',
  async (_name, adapter) => {
    const handle: Route = (x) => x.send({ body: 'handled' });
    const routes = { 'GET /': handle, 'POST /': handle };
    const { url, close } = await adapter.start(routes, { options });
    onTestFinished(close);
    for (const path of ['/', '/nowhere']) {
      expectProblem(await send(url + path, rejected));
      const { status, headers, id, body } = await send(url + path, { ...rejected, method: 'HEAD' });
      expect({ status, body, type: headers['content-type'] }).toEqual({
        status: 400,
        body: '',
        type: 'application/problem+json',
      });
      expect(id).toMatch(uuid);
    }
    expectProblem(await send(url, { ...rejected, method: 'POST', body: 'x'.repeat(100_000) }));
    expect(await send(url, { id: 'next' })).toMatchObject({ status: 200, body: 'handled' });
    expect(await send(`${url}/nowhere`, { id: 'next' })).toMatchObject({ status: 404 });
  },
);

describe.each([
  ['Express 4', express4 as unknown as typeof express5],
  ['Express 5', express5],
])('a rejected id in %s', (_name, create) => {
  /** Serves an application that rejects ids, with what `mount` adds behind it. */
  async function serve(mount: (app: Express) => void): Promise<string> {
    const app = create();
    app.set('env', 'test');
    app.use(express(options));
    mount(app);
    return listen(createServer(app));
  }

  it.each<[what: string, mount: (app: Express, handler: ErrorRequestHandler) => void]>([
    ['behind it', (app, handler) => app.use(handler)],
    ['behind others', (app, handler) => app.use(skipped, handler)],
    ['behind one that passes the error on', (app, handler) => app.use(passOn, handler)],
    ['that responds later', (app, handler) => app.use(later(handler))],
  ])('get the response of an error handler %s', async (_what, mount) => {
    const seen: unknown[] = [];
    const url = await serve((app) =>
      mount(app, (error, req, res, _next) => {
        seen.push(error.code, req.id, getRequestId());
        res.status(error.status).type('html').send('<!DOCTYPE html><title>Error</title>mine');
      }),
    );
    const response = await send(url, rejected);
    expect(response).toMatchObject({
      status: 400,
      body: '<!DOCTYPE html><title>Error</title>mine',
    });
    expect(seen).toEqual(['ERR_INVALID_REQUEST_ID', response.id, response.id]);
  });

  it('reach the outer application of the one that rejects', async () => {
    const outer = create();
    const inner = create();
    inner.use(express(options));
    outer.use('/inner', inner);
    const handler: ErrorRequestHandler = (error, _req, res, _next) =>
      res.status(418).send(error.code);
    outer.use(handler);
    const url = await listen(createServer(outer));
    expect(await send(`${url}/inner`, rejected)).toMatchObject({
      status: 418,
      body: 'ERR_INVALID_REQUEST_ID',
    });
  });

  it('reach the callback passed to the application', async () => {
    const app = create();
    app.use(express(options));
    const handle = app as unknown as (...args: unknown[]) => void;
    const listener: RequestListener = (req, res) =>
      handle(req, res, (error: Error) => res.writeHead(418).end(error.name));
    const response = await send(await listen(createServer(listener)), rejected);
    expect(response).toMatchObject({ status: 418, body: 'InvalidRequestIdError' });
  });

  it("be the only error whose page is not Express's", async () => {
    const app = create();
    app.set('env', 'test');
    app.use(express({ values: () => fail('on purpose', 400) }));
    const response = await send(await listen(createServer(app)), { id: 'myid' });
    expect(response).toMatchObject({ status: 400, id: 'myid' });
    expect(response.headers['content-type']).toBe('text/html; charset=utf-8');
  });

  it('get the response of attach(server) before the application sees it', async () => {
    const app = create();
    app.use(express());
    const server = createServer(app);
    attach(server, options);
    expectProblem(await send(await listen(server), rejected));
  });
});

describe.each([
  ['Koa 2', Koa2 as unknown as typeof Koa3],
  ['Koa 3', Koa3],
])('a rejected id in %s', (_name, Koa) => {
  function serve(app: Koa3): Promise<string> {
    app.silent = true;
    app.use(koa(options));
    app.use((ctx) => {
      ctx.body = 'handled';
    });
    return listen(createServer(app.callback()));
  }

  it('get problem details if a middleware ahead rethrows the error', async () => {
    const seen: unknown[] = [];
    const app = new Koa();
    app.on('error', (error) => seen.push(error.code, getRequestId()));
    app.use(async (ctx, next) => {
      await next().catch((error) => {
        ctx.body = 'not sent';
        // As @koa/cors does, so that ctx.onerror keeps the headers.
        throw Object.assign(error, { headers: { 'X-Kept': 'yes' } });
      });
    });
    const response = await send(await serve(app), rejected);
    expectProblem(response);
    expect(response.headers).toMatchObject({ 'x-kept': 'yes' });
    expect(seen).toEqual(['ERR_INVALID_REQUEST_ID', response.id]);
  });

  it('get the response of a middleware ahead that catches the error, with the same message', async () => {
    const app = new Koa();
    app.use(async (ctx, next) => {
      await next().catch((error) => {
        ctx.status = error.status;
        ctx.body = error.message;
      });
    });
    expect(await send(await serve(app), rejected)).toMatchObject({
      status: 400,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      id: expect.stringMatching(uuid),
      body: problem.detail,
    });
  });

  it("get the response of the application's ctx.onerror", async () => {
    const app = new Koa();
    app.context.onerror = function (error) {
      if (error == null) return;
      this.status = 400;
      this.type = 'text';
      this.res.end(error.message);
    };
    const response = await send(await serve(app), rejected);
    expect(response).toMatchObject({ status: 400, body: problem.detail });
  });

  it("be the only error whose text is not Koa's", async () => {
    const app = new Koa();
    app.silent = true;
    app.use(koa({ values: () => fail('on purpose', 400) }));
    const response = await send(await listen(createServer(app.callback())), { id: 'myid' });
    expect(response).toMatchObject({ status: 400, id: 'myid', body: 'on purpose' });
  });
});

describe.each([
  ['Fastify 4', fastify4 as unknown as typeof fastify5],
  ['Fastify 5', fastify5],
])('a rejected id in %s', (_name, create) => {
  /** Serves an application that rejects ids, with what `register` adds ahead of it. */
  async function serve(register: (app: FastifyInstance) => void): Promise<string> {
    const app = create();
    register(app);
    app.register(fastify, options);
    app.get('/', async () => 'handled');
    onTestFinished(() => app.close());
    return app.listen({ host: '127.0.0.1', port: 0 });
  }

  it('get problem details if an error handler sends the error', async () => {
    const url = await serve((app) =>
      app.setErrorHandler((error, _request, reply) => reply.send(error)),
    );
    expectProblem(await send(url, rejected));
  });

  it('get problem details in a plugin that is registered ahead', async () => {
    const url = await serve((app) =>
      app.register(async (inner) => inner.get('/before', async () => 'handled')),
    );
    expectProblem(await send(`${url}/before`, rejected));
    expect(await send(`${url}/before`, { id: 'next' })).toMatchObject({ status: 200 });
  });

  it('reach onError hooks', async () => {
    const seen: unknown[] = [];
    const url = await serve((app) =>
      app.addHook('onError', async (request, _reply, error) => {
        seen.push(error.code, request.id === getRequestId());
      }),
    );
    expectProblem(await send(url, rejected));
    expect(seen).toEqual(['ERR_INVALID_REQUEST_ID', true]);
  });

  it.each([
    ['with its body', { mine: true }],
    [
      "with a body in Fastify's format",
      {
        statusCode: 400,
        code: 'ERR_INVALID_REQUEST_ID',
        error: 'Bad Request',
        message: problem.detail,
      },
    ],
  ])('get the response of an error handler %s', async (_what, body) => {
    const url = await serve((app) =>
      app.setErrorHandler((_error, _request, reply) => {
        reply.code(400).send(body);
      }),
    );
    const response = await send(url, rejected);
    expect(response).toMatchObject({ status: 400, id: expect.stringMatching(uuid) });
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(response.body)).toEqual(body);
  });

  it('get the response of the error handler of an encapsulated plugin, or of a route', async () => {
    const url = await serve((app) => {
      app.register(async (inner) => {
        inner.setErrorHandler((_error, _request, reply) => reply.code(418).send('child'));
        inner.get('/child', async () => 'handled');
      });
      app.get('/route', {
        errorHandler: (_error, _request, reply) => reply.code(418).send('route'),
        handler: async () => 'handled',
      });
    });
    expect(await send(`${url}/child`, rejected)).toMatchObject({ status: 418, body: 'child' });
    expect(await send(`${url}/route`, rejected)).toMatchObject({ status: 418, body: 'route' });
    expectProblem(await send(url, rejected));
  });

  it("follow a route's schema for 400", async () => {
    const schema = {
      response: { 400: { type: 'object', properties: { message: { type: 'string' } } } },
    };
    const url = await serve((app) => app.get('/schema', { schema }, async () => 'handled'));
    expect(JSON.parse((await send(`${url}/schema`, rejected)).body)).toEqual({
      message: problem.detail,
    });
  });
});

const passOn: ErrorRequestHandler = (error, _req, _res, next) => next(error);

const skipped: RequestHandler = () => fail('was called despite the error');

function later(handler: ErrorRequestHandler): ErrorRequestHandler {
  return (error, req, res, next) => void setImmediate(handler, error, req, res, next);
}

function fail(message: string, status = 500): never {
  throw Object.assign(new Error(message), { status, expose: true });
}
