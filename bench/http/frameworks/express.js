import { createServer } from 'node:http';
import { getRequestId, requestId } from '@request-context/express';
import rTracer from 'cls-rtracer';
import express from 'express';
import httpContext from 'express-http-context';
import { getNaiveId, naive } from '../naive.js';
import { httpContextId, rTracerOptions } from '../peers.js';
import { listen } from './listen.js';

export const title = 'Express 5';

/**
 * @param {(req: express.Request) => unknown} getId
 * @param {...express.RequestHandler} middlewares
 */
function serve(getId, ...middlewares) {
  const app = express();
  for (const middleware of middlewares) app.use(middleware);
  app.get('/', async (req, res) => {
    await null;
    res.send(String(getId(req)));
  });
  return listen(createServer(app));
}

const serveNaive = () => serve(getNaiveId, naive);

/** @type {import('../variants.js').Variants} */
export const variants = {
  bare: () => serve((req) => req.headers['x-request-id']),
  naive: serveNaive,
  'naive, again': serveNaive,
  'request-context': () => serve(getRequestId, requestId()),
  'cls-rtracer': () => serve(rTracer.id, rTracer.expressMiddleware(rTracerOptions)),
  'express-http-context': () =>
    serve(() => httpContext.get('requestId'), httpContext.middleware, httpContextId),
  'nestjs-cls': async () => {
    const { clsMiddleware, getClsId } = await import('../nestjs-cls.js');
    return serve(getClsId, clsMiddleware);
  },
};
