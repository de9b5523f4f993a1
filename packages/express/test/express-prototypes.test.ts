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
  /** An application whose handler loses the header, and what later events of its requests see. */
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
    'attach, called in a promise': (app) =>
      attached((req, res) => void Promise.resolve().then(() => app(req, res))),
    'attach, called after a timer': (app) =>
      attached((req, res) => void setTimeout(() => app(req, res), 5)),
    withRequestId: (app) => createServer(withRequestId(app as never)),
    'by hand, in withRequestId': (app) => createServer(withRequestId((req, res) => app(req, res))),
  };

  it.each(Object.keys(createServers))(
    'binds the first request and later ones, by %s',
    async (how) => {
      const { app, emitLater } = createApp(express);
      const url = await listen(createServers[how]?.(app) as Server);
      for (const id of ['one', 'two', 'three']) {
        expect((await send(url, { id })).id).toBe(id);
        expect(emitLater()).toEqual([id, id]);
      }
    },
  );

  it('binds what a router hands to another application', async () => {
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

  it('binds what the other version hands over, once it has its own middleware', async () => {
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

  it('binds an application with methods of its own after one without', async () => {
    await send(await listen(attached(createApp(express).app)));
    const { app } = createApp(express);
    app.response.writeHead = function (this: ServerResponse, ...args: never[]) {
      return Reflect.apply(ServerResponse.prototype.writeHead, this, args);
    } as typeof app.response.writeHead;
    const url = await listen(attached(app));
    for (const id of ['one', 'two']) expect((await send(url, { id })).id).toBe(id);
  });

  it("leaves express.request's own keys enumerable as they were", async () => {
    const { app } = createApp(express, middleware());
    const before = Object.keys(express.request);
    await send(await listen(createServer(app)));
    expect(Object.keys(express.request)).toEqual(before);
  });
});
