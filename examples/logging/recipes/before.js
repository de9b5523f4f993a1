// The recipes' applications without our packages.
import express from 'express';
import { fastify } from 'fastify';
import Koa from 'koa';
import morgan from 'morgan';
import pino from 'pino';
import { pinoHttp } from 'pino-http';

const serializers = {
  req: (/** @type {{ id: unknown, method: string, url: string }} */ { id, method, url }) => ({
    id,
    method,
    url,
  }),
  res: (/** @type {{ statusCode: number }} */ { statusCode }) => ({ statusCode }),
};

/** @type {Record<string, () => import('./run.js').App>} */
export const before = {
  morgan: () => expressWith(morgan(':method :url :status')),
  'pino-http': () => expressWith(pinoHttp({ serializers })),
  tenant: () => expressWith(logWith(pino())),
  'google-cloud': () => expressWith(logWith(pino({ messageKey: 'message' }))),
  'koa-console': () => koaWith(new Koa()),
  'koa-error'() {
    const logger = pino();
    const app = new Koa();
    app.on('error', ({ message }) => logger.error(message));
    return koaWith(app);
  },
  fastify() {
    const { req } = serializers;
    const app = fastify({
      logger: { serializers: { req: (request) => ({ ...req(request), id: undefined }) } },
    });
    app.get('/orders/:id', async (request) => {
      request.log.info('order saved');
      app.log.info('mail sent');
      return 'saved\n';
    });
    return app;
  },
};

/** @param {import('express').RequestHandler} middleware */
function expressWith(middleware) {
  const app = express();
  app.use(middleware);
  app.get('/orders/:id', (_req, res) => void res.send('saved\n'));
  return app;
}

/**
 * @param {import('./run.js').Logger} logger
 * @returns {import('express').RequestHandler}
 */
function logWith(logger) {
  return (_req, _res, next) => {
    logger.info('order saved');
    next();
  };
}

/** @param {Koa} app */
function koaWith(app) {
  app.use(() => {
    throw new Error('payment declined');
  });
  return app;
}
