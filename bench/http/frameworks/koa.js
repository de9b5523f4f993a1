import { createServer } from 'node:http';
import { getRequestId, requestId } from '@request-context/koa';
import rTracer from 'cls-rtracer';
import Koa from 'koa';
import { getNaiveId, naive } from '../naive.js';
import { rTracerOptions } from '../peers.js';
import { listen } from './listen.js';

export const title = 'Koa 3';

/**
 * @param {(ctx: Koa.Context) => unknown} getId
 * @param {...Koa.Middleware} middlewares
 */
function serve(getId, ...middlewares) {
  const app = new Koa();
  for (const middleware of middlewares) app.use(middleware);
  app.use(async (ctx) => {
    await null;
    ctx.body = String(getId(ctx));
  });
  return listen(createServer(app.callback()));
}

const serveNaive = () => serve(getNaiveId, (ctx, next) => naive(ctx.req, ctx.res, next));

/** @type {import('../variants.js').Variants} */
export const variants = {
  bare: () => serve((ctx) => ctx.req.headers['x-request-id']),
  naive: serveNaive,
  'naive, again': serveNaive,
  'request-context': () => serve(getRequestId, requestId()),
  'cls-rtracer': () =>
    serve(
      rTracer.id,
      // Its types are for another version of Koa.
      /** @type {any} */ (rTracer.koaMiddleware(rTracerOptions)),
    ),
};
