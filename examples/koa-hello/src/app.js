import Router from '@koa/router';
import { requestId } from '@request-context/koa';
import Koa from 'koa';
import { accessLog } from './access-log.js';
import { hello } from './hello.js';
import { logger } from './logger.js';

const router = new Router();

router.get('/:name', async (ctx) => {
  const { name = '' } = ctx.params;
  const greeting = await hello(name);
  // Log the URL as the client sent it: percent-encoded, so no name can forge a line.
  logger.info(`Received new ${ctx.method} ${ctx.originalUrl} call`);
  ctx.type = 'text/plain';
  ctx.body = greeting;
});

export const app = new Koa();

app.use(requestId());
app.use(accessLog);
app.use(router.routes());

// Koa sends the error response. Log only what is not the client's fault.
app.on('error', (error) => {
  if (!error.expose) logger.error(error.stack);
});
