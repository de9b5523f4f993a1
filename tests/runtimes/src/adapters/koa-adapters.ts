import {
  type Exchange,
  publicFolder,
  type Routes,
  serve as serveListener,
} from '@request-context/conformance';
import { requestId } from '@request-context/koa';
import Koa3, { type Context } from 'koa';
import bodyParser from 'koa-bodyparser';
import serve from 'koa-static';
import Koa2 from 'koa2';
import type { FrameworkAdapter, FrameworkSetup } from '../framework-scenario.ts';
import { beforeMiddleware } from '../unsupported.ts';

function koaAdapter(name: string, Koa: typeof Koa3): FrameworkAdapter {
  function createApp(routes: Routes, { options, before }: FrameworkSetup): Koa3 {
    const app = new Koa();
    app.silent = true;
    if (before !== undefined) {
      app.use((ctx, next) => {
        before(ctx.req, ctx.res);
        return next();
      });
    }
    app.use(requestId(options));
    app.use(serve(publicFolder));
    const parseBody = bodyParser({ jsonLimit: '100b' });
    app.use((ctx, next) => (ctx.path === '/json' ? parseBody(ctx, next) : next()));
    app.use((ctx, next) => {
      const route = routes[`${ctx.method === 'HEAD' ? 'GET' : ctx.method} ${ctx.path}`];
      return route === undefined ? next() : route(toExchange(ctx));
    });
    return app;
  }
  return {
    name,
    unsupported: beforeMiddleware,
    start: (routes, setup = {}) => {
      const app = setup.native?.koa?.(Koa) ?? createApp(routes, setup);
      return serveListener(app.callback(), setup);
    },
  };
}

function toExchange(ctx: Context): Exchange {
  return {
    req: ctx.req,
    res: ctx.res,
    headers: ctx.req.headers,
    body: ctx.request.body,
    send: ({ status = 200, body = '', headers = {} } = {}) => {
      ctx.set(headers);
      ctx.body = body;
      ctx.status = status;
    },
    redirect: (path) => ctx.redirect(path),
    stream: (body) => {
      ctx.body = body;
    },
    takeOver: () => {
      ctx.respond = false;
      // Koa starts with 404 where Node and the others start with 200.
      ctx.res.statusCode = 200;
      return ctx.res;
    },
  };
}

export const koaAdapters: readonly FrameworkAdapter[] = [
  koaAdapter('koa-2', Koa2 as unknown as typeof Koa3),
  koaAdapter('koa-3', Koa3),
];
