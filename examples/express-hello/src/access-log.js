import { accessLogger } from './logger.js';

/**
 * Writes a line at the end of each response, even if the client has left.
 *
 * @type {import('express').RequestHandler}
 */
export const accessLog = (req, res, next) => {
  const start = performance.now();
  res.once('close', () => {
    const status = res.headersSent ? res.statusCode : '-';
    const length = res.getHeader('Content-Length') ?? '-';
    const time = (performance.now() - start).toFixed(1);
    accessLogger.info(`${req.method} ${req.originalUrl} ${status} ${length} - ${time} ms`);
  });
  next();
};
