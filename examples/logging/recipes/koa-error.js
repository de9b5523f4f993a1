import { requestId } from '@request-context/koa';
import { requestContextMixin } from '@request-context/logging/pino';
import Koa from 'koa';
import pino from 'pino';

const logger = pino({ mixin: requestContextMixin() });

export const app = new Koa();
app.on('error', ({ message }) => logger.error(message));
app.use(requestId());
app.use(() => {
  throw new Error('payment declined');
});
