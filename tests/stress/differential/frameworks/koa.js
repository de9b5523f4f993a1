import { fileURLToPath } from 'node:url';
import { load } from '../load.js';
import { describe, tagOf } from '../recorder.js';
import { makeError, noteStep, runSteps, textOf } from '../steps.js';
import { connectMiddlewares } from './connect-middlewares.js';
import { endings, nodeEndings } from './endings.js';
import { handlerOf, marker, sceneOf } from './handle.js';

const folder = fileURLToPath(new URL('../public', import.meta.url));

/**
 * Returns a Koa middleware that runs one of connect's.
 *
 * @param {'morgan' | 'onHeaders'} name
 */
const fromConnect = (name) => (/** @type {import('./handle.js').Surroundings} */ surroundings) => {
  const middleware = connectMiddlewares[name]?.(surroundings);
  return (/** @type {any} */ { req, res }, /** @type {any} */ next) =>
    new Promise((resolve, reject) =>
      middleware?.(req, res, (error) => (error ? reject(error) : resolve(next()))),
    );
};

/** @type {Record<string, (surroundings: import('./handle.js').Surroundings, app: any) => any>} */
export const koaMiddlewares = {
  bodyParser: () => load('koa-bodyparser')(),
  router: () => {
    const { Router } = load('@koa/router');
    const router = new Router();
    router.get('/routed', async (/** @type {any} */ _ctx, /** @type {any} */ next) => next());
    return router.routes();
  },
  compress: () => load('koa-compress')({ threshold: 0 }),
  session: (_, app) => {
    app.keys = ['key'];
    const session = load('koa-session');
    return (session.createSession ?? session.default ?? session)({ genid: () => 'id' }, app);
  },
  helmet: () => (load('koa-helmet').default ?? load('koa-helmet'))(),
  cors: () => load('@koa/cors')({ credentials: true }),
  static: () => load('koa-static')(folder),
  responseTime: () => load('koa-response-time')(),
  onHeaders: fromConnect('onHeaders'),
  morgan: fromConnect('morgan'),
  later: () => async (/** @type {any} */ _ctx, /** @type {any} */ next) => {
    await new Promise((resolve) => setImmediate(resolve));
    return next();
  },
  laterOutside: () => async (/** @type {any} */ _ctx, /** @type {any} */ next) => {
    await null;
    await next();
    await null;
  },
  catching:
    ({ recorder }) =>
    async (/** @type {any} */ ctx, /** @type {any} */ next) => {
      try {
        await next();
      } catch (error) {
        recorder.note(tagOf(ctx.req), 'error-handler', describe(error), true);
        ctx.status = 503;
        ctx.body = 'caught';
      }
    },
};

/** @param {any} scene @param {unknown} body */
const send = ({ ctx }, body) => {
  ctx.body = body;
};

const koaEndings = endings(send, {
  empty: ({ ctx }) => {
    ctx.status = 204;
  },
  redirect: ({ ctx }) => ctx.redirect('/elsewhere'),
  file(scene, { size }) {
    scene.ctx.type = 'txt';
    send(scene, textOf(size));
  },
  status: ({ ctx }, { code }) => {
    ctx.status = code;
  },
  pass: ({ next }) => next(),
  next: (scene) => scene.ctx.throw(makeError(scene)),
  httpError: (scene) => scene.ctx.throw(418, makeError(scene)),
  throwLater(scene) {
    scene.ctx.respond = false;
    nodeEndings.throwLater?.(scene, {});
  },
  twice(scene) {
    send(scene, 'one');
    scene.ctx.res.end('two');
  },
});

/**
 * @param {'koa' | 'koa2'} name
 * @returns {(surroundings: import('./handle.js').Surroundings) => { listener: any }}
 */
export const koaApp = (name) => (surroundings) => {
  const { app, library, recorder } = surroundings;
  const { mount } = app;
  const Koa = load(name);
  const root = new (Koa.default ?? Koa)();
  const mark = marker(surroundings);
  const marked = (/** @type {any} */ ctx, /** @type {any} */ next) => {
    mark(ctx.req);
    return next();
  };
  const use = () => {
    if (library) root.use(library.koa.requestId());
    root.use(marked);
  };

  app.middlewares.forEach((/** @type {string} */ middleware, /** @type {number} */ n) => {
    if (mount.by !== 'attach' && n === mount.at) use();
    const made = koaMiddlewares[middleware]?.(surroundings, root);
    if (made !== root) root.use(made);
  });
  if (mount.by !== 'attach' && mount.at >= app.middlewares.length) use();
  if (mount.times === 2 && mount.by !== 'attach') use();
  root.use((/** @type {any} */ ctx, /** @type {any} */ next) => {
    const scene = sceneOf(surroundings, ctx.req, ctx.res, { ctx, next });
    const { steps, finish } = handlerOf(app, scene.tag);
    noteStep(scene, `handles ${ctx.method} ${ctx.url}`);
    if (finish.how === 'raw') ctx.respond = false;
    return new Promise((resolve, reject) => {
      runSteps(scene, steps, () => {
        if (finish.how === 'raw') return resolve(undefined);
        try {
          resolve(koaEndings[finish.how]?.(scene, finish));
        } catch (error) {
          reject(error);
        }
      });
    });
  });
  if (app.errors === 'handler') {
    root.on('error', (/** @type {any} */ error, /** @type {any} */ ctx) => {
      recorder.note(tagOf(ctx?.req), 'error-handler', describe(error));
    });
  } else root.silent = true;
  return { listener: root.callback() };
};
