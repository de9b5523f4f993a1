import { context, requestId } from '@request-context/express';
import { requestContextMixin } from '@request-context/logging/pino';
import express from 'express';
import pino from 'pino';

const logger = pino({ mixin: requestContextMixin({ keys: ['requestId', 'tenant'] }) });

export const app = express();
app.use(requestId());
app.use((_req, _res, next) => {
  context.set('tenant', 'acme');
  context.set('card', '4111 1111 1111 1111');
  next();
});
app.get('/orders/:id', (_req, res) => {
  logger.info('order saved');
  res.send('saved\n');
});
