import { load } from '../load.js';
import { tagOf } from '../recorder.js';
import { connectMiddlewares } from './connect-middlewares.js';
import { expressEndings } from './endings.js';
import { connectHandler, marker } from './handle.js';

/**
 * @param {'express' | 'express4'} name
 * @returns {(surroundings: import('./handle.js').Surroundings) => { listener: any }}
 */
export const expressApp = (name) => (surroundings) => {
  const { app, library, recorder } = surroundings;
  const { mount } = app;
  const express = load(name);
  const root = express();
  root.set('env', 'production');
  const mark = marker(surroundings);
  const marked = (/** @type {any} */ req, /** @type {any} */ _res, /** @type {any} */ next) => {
    mark(req);
    next();
  };
  const own = () => (library ? [library.express.requestId(), marked] : [marked]);

  app.middlewares.forEach((/** @type {string} */ middleware, /** @type {number} */ n) => {
    if (mount.by !== 'attach' && n === mount.at) root.use(own());
    root.use(connectMiddlewares[middleware]?.(surroundings));
  });
  if (mount.by !== 'attach' && mount.at >= app.middlewares.length) root.use(own());
  const handler = connectHandler(surroundings, expressEndings);
  if (mount.nested) {
    const inner = mount.nested === 'router' ? express.Router() : express();
    if (mount.times === 2 && mount.by !== 'attach') inner.use(own());
    inner.use(handler);
    root.use(inner);
  } else {
    if (mount.times === 2 && mount.by !== 'attach') root.use(own());
    root.use(handler);
  }
  if (app.errors === 'handler') {
    root.use(
      (
        /** @type {any} */ error,
        /** @type {any} */ req,
        /** @type {any} */ res,
        /** @type {any} */ next,
      ) => {
        recorder.note(tagOf(req), 'error-handler', error.message, true);
        if (res.headersSent) return next(error);
        res.status(error.status ?? 500).send(`handled ${error.message}`);
      },
    );
  } else if (app.errors === 'errorhandler') root.use(load('errorhandler')({ log: false }));
  return { listener: root };
};
