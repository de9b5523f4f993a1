import type { EventEmitter } from 'node:events';
import { createServer, type RequestListener, type Server, ServerResponse } from 'node:http';
import { attach, withRequestId } from '@request-context/node-http';
import express5 from 'express';
import express4 from 'express4';
import { describe, expect, it } from 'vitest';
import { listen, send } from '../../../tests/kit/http.ts';
import { getRequestId, requestId } from '../src/index.ts';

function attached(listener: RequestListener): Server {
  const server = createServer(listener);
  attach(server);
  return server;
}

describe.each([
  ['Express 4', express4 as unknown as typeof express5, express5],
  ['Express 5', express5, express4 as unknown as typeof express5],
])('%s', (_name, express, otherExpress) => {
  /** Returns an app whose handler removes the header, and a function that returns what later events of its requests see. */
  function createApp(from: typeof express5, middleware?: express5.RequestHandler) {
    const app = from();
    const seen: unknown[] = [];
    if (middleware) app.use(middleware);
    app.get('/', (req, res) => {
      for (const emitter of [req, res]) emitter.on('custom', () => seen.push(getRequestId()));
      res.removeHeader('X-Request-ID');
      res.send('ok');
      seen.length = 0;
      exchange.push(req, res);
    });
    const exchange: EventEmitter[] = [];
    return {
      app,
      emitLater(): unknown[] {
        for (const emitter of exchange.splice(0)) emitter.emit('custom');
        return seen.splice(0);
      },
    };
  }

  const middleware = (): express5.RequestHandler => requestId();
  const createServers: Record<string, (app: express5.Express) => Server> = {
    attach: (app) => attached(app),
    'attach, which calls it in a promise': (app) =>
      attached((req, res) => void Promise.resolve().then(() => app(req, res))),
    'attach, which calls it after a timer': (app) =>
      attached((req, res) => void setTimeout(() => app(req, res), 5)),
    withRequestId: (app) => createServer(withRequestId(app as never)),
    'withRequestId, which calls it in a listener': (app) =>
      createServer(withRequestId((req, res) => app(req, res))),
  };

  it.each(Object.keys(createServers))(
    'bind the first request and later ones, behind %s',
    async (how) => {
      const { app, emitLater } = createApp(express);
      const url = await listen(createServers[how]?.(app) as Server);
      for (const id of ['one', 'two', 'three']) {
        expect((await send(url, { id })).id).toBe(id);
        expect(emitLater()).toEqual([id, id]);
      }
    },
  );

  it('bind requests that a router passes to another app', async () => {
    const inner = createApp(express);
    const outer = express();
    outer.use(middleware());
    outer.use(express.Router().use(inner.app));
    const url = await listen(createServer(outer));
    for (const id of ['one', 'two']) {
      expect((await send(url, { id })).id).toBe(id);
      expect(inner.emitLater()).toEqual([id, id]);
    }
  });

  it('bind requests that an app of the other version passes to one with the middleware', async () => {
    const inner = createApp(express, middleware());
    const outer = otherExpress();
    outer.use(middleware());
    outer.use((req, res) => setImmediate(() => inner.app(req, res)));
    const url = await listen(createServer(outer));
    for (const id of ['one', 'two']) {
      expect((await send(url, { id })).id).toBe(id);
      expect(inner.emitLater()).toEqual([id, id]);
    }
  });

  it('bind requests of an app with patched methods after those of one without', async () => {
    await send(await listen(attached(createApp(express).app)));
    const { app } = createApp(express);
    app.response.writeHead = function (this: ServerResponse, ...args: never[]) {
      return Reflect.apply(ServerResponse.prototype.writeHead, this, args);
    } as typeof app.response.writeHead;
    const url = await listen(attached(app));
    for (const id of ['one', 'two']) expect((await send(url, { id })).id).toBe(id);
  });

  it('leave the enumerable keys of express.request unchanged', async () => {
    const { app } = createApp(express, middleware());
    const before = Object.keys(express.request);
    await send(await listen(createServer(app)));
    expect(Object.keys(express.request)).toEqual(before);
  });
});
