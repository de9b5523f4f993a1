import assert from 'node:assert/strict';
import fs from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { context, requestId } from '@request-context/koa';
import type Koa from 'koa';
import type { Middleware } from 'koa';
import compose from 'koa-compose';
import mount from 'koa-mount';
import onFinished from 'on-finished';
import onHeaders from 'on-headers';
import type { FrameworkScenario } from '../framework-scenario.ts';
import { CallbackPool } from './callback-pool.ts';
import { idOf, inFramework, probe } from './in-framework.ts';
import { askInner, seenInside, visitUncovered } from './nested.ts';

type Framework = typeof Koa;

/** Returns a middleware that probes on the way in and out. */
function note(label: string): Middleware {
  return async (ctx, next) => {
    probe(ctx.req, `${label} in`);
    await next();
    probe(ctx.req, `${label} out`);
  };
}

/** Returns a middleware that waits, probes and responds. */
function respond(label: string): Middleware {
  return async (ctx) => {
    await delay(1);
    assert.equal(ctx.req.id, idOf(ctx.req), 'ctx.req.id');
    assert.equal(ctx.state.requestId, idOf(ctx.req), 'ctx.state.requestId');
    probe(ctx.req, label);
    ctx.body = 'done';
  };
}

/** Returns a middleware that calls `next` from a pool that requests share. */
function queueing(wrap: (callback: () => void) => () => void): Middleware {
  const pool = new CallbackPool();
  return (ctx, next) => {
    ctx.res.on('close', () => pool.release());
    return new Promise((resolve, reject) => {
      pool.acquire(wrap(() => next().then(resolve, reject)));
    });
  };
}

function withMiddlewares(...middlewares: Middleware[]) {
  return {
    koa(framework: Framework): Koa {
      const app = new framework();
      for (const middleware of middlewares) app.use(middleware);
      return app;
    },
  };
}

const asIs = (callback: () => void): (() => void) => callback;

export const koaScenarios: readonly FrameworkScenario[] = [
  inFramework({
    id: 'koa-compose',
    title: "keep the id in Koa's middlewares, composed ones too, on the way in and out",
    probes: ['first in', 'first out', 'composed in', 'composed out', 'last in', 'handler'],
    ...withMiddlewares(
      requestId(),
      note('first'),
      compose([note('composed'), note('last')]),
      respond('handler'),
    ),
  }),
  inFramework({
    id: 'koa-mount',
    title: 'keep the first id in a Koa application within another, both with the adapter',
    probes: ['outer in', 'outer out', 'inner in', 'inner out', 'handler'],
    paths: { '/inner': 200 },
    koa(framework) {
      const inner = new framework();
      inner
        .use(requestId({ trust: false }))
        .use(note('inner'))
        .use(respond('handler'));
      const app = new framework();
      return app.use(requestId()).use(note('outer')).use(mount('/inner', inner));
    },
  }),
  inFramework({
    id: 'koa-twice',
    title: 'keep the first id where the adapter is mounted twice on Koa',
    probes: ['first in', 'first out', 'second in', 'second out', 'handler'],
    ...withMiddlewares(
      requestId(),
      note('first'),
      requestId({ trust: false, header: 'X-Other-ID' }),
      note('second'),
      respond('handler'),
    ),
  }),
  inFramework({
    id: 'koa-uncovered',
    title: 'show nothing in what the adapter does not cover, on the same connection too',
    probes: ['covered'],
    visit: visitUncovered,
    ...withMiddlewares(mount('/covered', compose([requestId(), respond('covered')])), (ctx) =>
      seenInside(ctx.req, ctx.res).then((seen) => {
        ctx.body = seen;
      }),
    ),
  }),
  inFramework({
    id: 'koa-nested',
    title: 'keep the ids apart where a middleware asks another Koa application in the process',
    probes: ['before', 'after'],
    koa(framework) {
      const inner = new framework();
      inner.use(requestId());
      inner.use(async (ctx) => {
        ctx.body = await seenInside(ctx.req, ctx.res);
      });
      const app = new framework();
      app.use(requestId());
      app.use(async (ctx) => {
        probe(ctx.req, 'before');
        await askInner(ctx.req, inner.callback());
        probe(ctx.req, 'after');
        ctx.body = 'done';
      });
      return app;
    },
  }),
  inFramework({
    id: 'koa-current-context',
    title: "keep the id beside Koa's own asyncLocalStorage",
    probes: ['handler', 'in', 'finish'],
    koa(framework) {
      const app = new framework({ asyncLocalStorage: true });
      app.use(requestId());
      app.use(async (ctx, next) => {
        probe(ctx.req, 'in');
        ctx.res.on('finish', () => probe(ctx.req, 'finish'));
        await next();
        assert.equal(app.currentContext, ctx);
      });
      app.use(async (ctx) => {
        await delay(1);
        assert.equal(app.currentContext, ctx);
        probe(ctx.req, 'handler');
        ctx.body = 'done';
      });
      return app;
    },
  }),
  inFramework({
    id: 'koa-onerror',
    title: "keep the id in ctx.onerror, in an application's own as well",
    probes: ['onerror', 'app error'],
    paths: { '/': 500, '/called': 500 },
    koa(framework) {
      const app = new framework();
      const { onerror } = app.context;
      app.context.onerror = function (this: Koa.Context, error) {
        probe(this.req, 'onerror');
        onerror.call(this, error);
      };
      app.on('error', (_error, ctx) => probe(ctx.req, 'app error'));
      app.use(requestId());
      app.use(async (ctx) => {
        await delay(1);
        if (ctx.path === '/called') ctx.onerror(new Error('on purpose'));
        else throw new Error('on purpose');
      });
      return app;
    },
  }),
  inFramework({
    id: 'koa-respond',
    title: 'keep the id while Koa sends the response, and where an access log is written',
    probes: ['on-headers', 'on-finished', 'finish', 'close', 'body end', 'generator'],
    paths: { '/stream': 200, '/json': 200 },
    ...withMiddlewares(requestId(), (ctx) => {
      const { req, res } = ctx;
      onHeaders(res, () => probe(req, 'on-headers'));
      onFinished(res, () => probe(req, 'on-finished'));
      for (const event of ['finish', 'close']) res.on(event, () => probe(req, event));
      async function* parts(): AsyncGenerator<string> {
        for (const part of 'abc') {
          probe(req, 'generator');
          yield part;
          await delay(1);
        }
      }
      if (ctx.path === '/stream') {
        ctx.body = Readable.from(parts()).on('end', () => probe(req, 'body end'));
      } else {
        ctx.body = { done: true };
      }
    }),
  }),
  inFramework({
    id: 'koa-next',
    title: 'find the id again behind a middleware that queues, where the adapter is mounted again',
    probes: ['first in', 'first out', 'handler'],
    ...withMiddlewares(requestId(), note('first'), queueing(asIs), requestId(), respond('handler')),
  }),
  inFramework({
    id: 'koa-next-bind',
    title: 'keep the id behind a middleware that queues, by bind',
    probes: ['handler'],
    ...withMiddlewares(requestId(), queueing(context.bind), respond('handler')),
  }),
  inFramework({
    id: 'koa-next-plain',
    fails:
      'next is called by the request that releases its place; bind it, or mount the adapter again behind it',
    title: 'keep the id behind a middleware that queues',
    probes: ['handler'],
    ...withMiddlewares(requestId(), queueing(asIs), respond('handler')),
  }),
  inFramework({
    id: 'koa-errors',
    title: "show the id in Koa's try and catch, and in app.on('error')",
    probes: ['caught', 'app error', 'app error later'],
    paths: { '/thrown': 500, '/later': 500, '/status': 418 },
    koa(Koa) {
      const app = new Koa();
      app.on('error', (_error, ctx) => {
        probe(ctx.req, 'app error');
        setTimeout(() => probe(ctx.req, 'app error later'), 1);
      });
      app.use(requestId());
      app.use(async (ctx, next) => {
        try {
          await next();
        } catch (error) {
          probe(ctx.req, 'caught');
          throw error;
        }
      });
      app.use(async (ctx) => {
        if (ctx.path === '/thrown') failure();
        await delay(1);
        if (ctx.path === '/status') ctx.throw(418);
        if (ctx.path === '/later') failure();
      });
      return app;
    },
  }),
  inFramework({
    id: 'koa-errors-stream',
    title: "show the id in app.on('error') for a stream that fails",
    probes: ['app error'],
    // Koa 2 responds to a missing file with 404, Koa 3 hangs up.
    visit: (client) => client.send('/').then(() => undefined, ignoreHangUp),
    koa(Koa) {
      const app = new Koa();
      app.on('error', (_error, ctx) => probe(ctx.req, 'app error'));
      app.use(requestId());
      app.use((ctx) => {
        ctx.body = fs.createReadStream('/missing');
      });
      return app;
    },
  }),
  inFramework({
    id: 'koa-errors-404',
    title: 'show the id in a Koa middleware for what is not found',
    probes: ['not found'],
    paths: { '/nowhere': 404 },
    ...withMiddlewares(requestId(), async (ctx, next) => {
      await next();
      if (ctx.status === 404) probe(ctx.req, 'not found');
    }),
  }),
  inFramework({
    id: 'koa-errors-first',
    title: "show the id in app.on('error') for an error of the adapter's options",
    probes: ['app error'],
    paths: { '/': 500 },
    koa(Koa) {
      const app = new Koa();
      app.on('error', (_error, ctx) => probe(ctx.req, 'app error'));
      app.use(requestId({ values: failure }));
      return app;
    },
  }),
];

function failure(): never {
  throw new Error('on purpose');
}

function ignoreHangUp(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ECONNRESET') throw error;
}
