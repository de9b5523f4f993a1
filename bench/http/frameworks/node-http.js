import { createServer } from 'node:http';
import { getRequestId, withRequestId } from '@request-context/node-http';
import rTracer from 'cls-rtracer';
import httpContext from 'express-http-context';
import { getNaiveId, naive } from '../naive.js';
import { httpContextId, rTracerOptions } from '../peers.js';
import { listen } from './listen.js';

export const title = 'node:http';

/** @typedef {import('node:http').RequestListener} RequestListener */

/**
 * Returns a listener that responds with the id.
 *
 * @param {(req: import('node:http').IncomingMessage) => unknown} getId
 * @returns {(...args: Parameters<RequestListener>) => Promise<void>}
 */
const respondWith = (getId) => async (req, res) => {
  await null;
  res.setHeader('Content-Type', 'text/plain');
  res.end(String(getId(req)));
};

/** @param {RequestListener} listener */
const serve = (listener) => listen(createServer(listener));

const serveNaive = () => {
  const handle = respondWith(getNaiveId);
  return serve((req, res) => naive(req, res, () => handle(req, res)));
};

/** @type {import('../variants.js').Variants} */
export const variants = {
  bare: () => serve(respondWith((req) => req.headers['x-request-id'])),
  naive: serveNaive,
  'naive, again': serveNaive,
  'request-context': () => serve(withRequestId(respondWith(getRequestId))),
  'cls-rtracer': () => {
    const middleware = rTracer.fastifyMiddleware(rTracerOptions);
    const handle = respondWith(rTracer.id);
    return serve((req, res) => middleware(req, res, () => handle(req, res)));
  },
  'express-http-context': () => {
    const handle = respondWith(() => httpContext.get('requestId'));
    return serve((req, res) =>
      httpContext.middleware(/** @type {any} */ (req), /** @type {any} */ (res), () =>
        httpContextId(req, res, () => handle(req, res)),
      ),
    );
  },
  'nestjs-cls': async () => {
    const { clsMiddleware, getClsId } = await import('../nestjs-cls.js');
    const handle = respondWith(getClsId);
    return serve((req, res) => clsMiddleware(req, res, () => handle(req, res)));
  },
};
