import { accessLogger } from './logger.js';

/**
 * Writes a line at the end of each response, even if the client has left.
 *
 * @type {import('koa').Middleware}
 */
export const accessLog = (ctx, next) => {
  const start = performance.now();
  ctx.res.once('close', () => {
    const status = ctx.headerSent ? ctx.status : '-';
    const length = ctx.res.getHeader('Content-Length') ?? '-';
    const time = (performance.now() - start).toFixed(1);
    accessLogger.info(`${ctx.method} ${ctx.originalUrl} ${status} ${length} - ${time} ms`);
  });
  return next();
};
