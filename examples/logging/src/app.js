import { requestId } from '@request-context/express';
import express from 'express';
import { hello } from './hello.js';
import { accessLog, logger } from './logger.js';

export const app = express();

app.use(requestId());
app.use(accessLog);

app.get('/:name', async (req, res) => {
  const greeting = await hello(req.params.name);
  // Log the URL as the client sent it: percent-encoded, so no name can forge a line.
  logger.info(`Received new ${req.method} ${req.originalUrl} call`);
  res.type('text/plain').send(greeting);
});

/** @type {express.ErrorRequestHandler} */
const sendError = (error, _req, res, _next) => {
  const status = error.status ?? 500;
  if (status >= 500) logger.error(error.stack);
  res.sendStatus(status);
};
app.use(sendError);
