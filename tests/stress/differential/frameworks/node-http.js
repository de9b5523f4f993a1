import { tagOf } from '../recorder.js';
import { connectMiddlewares } from './connect-middlewares.js';
import { nodeEndings } from './endings.js';
import { connectHandler, marker } from './handle.js';

/**
 * Returns a plain node:http listener that runs middlewares in order, with a typical error handler.
 *
 * @param {import('./handle.js').Surroundings} surroundings
 */
export function nodeHttp(surroundings) {
  const { app, library, recorder } = surroundings;
  const { mount } = app;
  const mark = marker(surroundings);
  /** @type {((req: any, res: any, next: any) => unknown)[]} */
  const chain = app.middlewares.map((/** @type {string} */ name) =>
    connectMiddlewares[name]?.(surroundings),
  );
  if (mount.by !== 'attach' && !mount.wraps) {
    for (let times = 0; times < mount.times; times += 1) {
      const at = times === 0 ? mount.at : chain.length;
      const marked = (/** @type {any} */ req, /** @type {any} */ _res, /** @type {any} */ next) => {
        mark(req);
        next();
      };
      const own = library ? [library.nodeHttp.requestId()] : [];
      chain.splice(at, 0, ...own, marked);
    }
  }
  chain.push(connectHandler(surroundings, nodeEndings));

  /** @param {any} req @param {any} res */
  function listener(req, res) {
    if (mount.wraps && mount.by !== 'attach') mark(req);
    let at = 0;
    const next = (/** @type {unknown} */ error) => {
      if (error !== undefined && error !== null) return fail(req, res, error);
      const middleware = chain[at];
      at += 1;
      if (middleware === undefined) {
        if (res.headersSent) return;
        res.statusCode = 404;
        res.end('not found');
        return;
      }
      try {
        const result = middleware(req, res, next);
        if (result instanceof Promise) result.catch((error) => fail(req, res, error));
      } catch (error) {
        fail(req, res, error);
      }
    };
    next(undefined);
  }

  /** @param {any} req @param {any} res @param {any} error */
  function fail(req, res, error) {
    recorder.note(tagOf(req), 'error-handler', error.message, true);
    if (res.headersSent) return res.destroy();
    for (const name of res.getHeaderNames()) res.removeHeader(name);
    res.writeHead(error.status ?? 500, { 'Content-Type': 'text/plain' });
    res.end(error.message);
  }

  if (!library || mount.by === 'attach' || !mount.wraps) return { listener };
  let wrapped = library.nodeHttp.withRequestId(listener);
  if (mount.times === 2) wrapped = library.nodeHttp.withRequestId(wrapped);
  return { listener: wrapped };
}
