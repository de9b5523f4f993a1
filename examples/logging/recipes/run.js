// Runs a recipe of docs/logging.md and shows what it writes: node recipes/run.js pino
//
// Calls a recipe's logger twice: outside of any request, and in a request with the id `myid`.
// Sends that request to a recipe's application. `before` after the name runs the application without our packages.
import { createServer } from 'node:http';
import { requestId } from '@request-context/express';
import express from 'express';

/** @typedef {{ info: (message: string) => unknown }} Logger */
/** @typedef {{ callback: () => import('node:http').RequestListener }} KoaApp */
/** @typedef {import('express').Express | KoaApp | import('fastify').FastifyInstance} App */

/** @type {Record<string, () => Promise<{ logger?: Logger, app?: App }>>} */
const recipes = {
  bunyan: () => import('./bunyan.js'),
  console: () => import('./console.js'),
  ecs: () => import('./ecs.js'),
  fastify: () => import('./fastify.js'),
  'google-cloud': () => import('./google-cloud.js'),
  'koa-console': () => import('./koa-console.js'),
  'koa-error': () => import('./koa-error.js'),
  log4js: () => import('./log4js.js'),
  morgan: () => import('./morgan.js'),
  'own-logger': () => import('./own-logger.js'),
  pino: () => import('./pino.js'),
  'pino-http': () => import('./pino-http.js'),
  renamed: () => import('./renamed.js'),
  tenant: () => import('./tenant.js'),
  winston: () => import('./winston.js'),
  'winston-given': () => import('./winston-given.js'),
  'winston-text': () => import('./winston-text.js'),
};

const [name = '', when] = process.argv.slice(2);
const recipe = recipes[name];
if (recipe === undefined) throw new Error(`The recipes are: ${Object.keys(recipes).join(', ')}`);

const { logger, app = appWith(logger) } =
  when === 'before' ? await appBefore(name) : await recipe();
logger?.info('order saved');
const { url, close } = await listen(app);
const response = await fetch(`${url}/orders/7`, {
  headers: {
    'X-Request-ID': 'myid',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  },
});
await response.text();
await close();

/** @param {string} name */
async function appBefore(name) {
  const { before } = await import('./before.js');
  return { logger: undefined, app: before[name]?.() };
}

/** @param {Logger | undefined} logger */
function appWith(logger) {
  const app = express();
  app.use(requestId());
  app.get('/orders/:id', (_req, res) => {
    logger?.info('order saved');
    res.send('saved\n');
  });
  return app;
}

/** @param {App} app */
async function listen(app) {
  const at = { host: '127.0.0.1', port: 0 };
  if ('register' in app) {
    return { url: await app.listen(at), close: () => app.close() };
  }
  const server = createServer('callback' in app ? app.callback() : app);
  await new Promise((resolve) => server.listen(at, () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const close = () => new Promise((resolve) => server.close(resolve));
  return { url: `http://127.0.0.1:${port}`, close };
}
