import { requestId } from '@request-context/express';
import express from 'express';
import { hello } from './hello.js';

/**
 * @param {import('./hello.js').Logger} logger
 * @param {import('express').RequestHandler} accessLog
 */
export function createApp(logger, accessLog) {
  const app = express();

  app.use(requestId());
  app.use(accessLog);

  app.get('/:name', async (req, res) => {
    const greeting = await hello(logger, req.params.name);
    // The URL as it was sent: percent-encoded, so that no name can look like something else.
    logger.info(`Received new ${req.method} ${req.originalUrl} call`);
    res.type('text/plain').send(greeting);
  });

  /** @type {express.ErrorRequestHandler} */
  const answerError = (error, _req, res, _next) => {
    const status = error.status ?? 500;
    if (status >= 500) logger.error(error.stack);
    res.sendStatus(status);
  };
  app.use(answerError);
  return app;
}
