import { randomUUID } from 'node:crypto';
import { context, getRequestId, requestId } from '@request-context/express';
import { requestContextMixin } from '@request-context/logging/pino';
import express from 'express';
import pino from 'pino';

const logger = pino({
  messageKey: 'message',
  mixin: requestContextMixin({
    keys: { requestId: 'requestId', trace: 'logging.googleapis.com/trace' },
  }),
});

export const app = express();
app.use(
  requestId({
    inbound: ['traceparent'],
    validate: (id) => /^[0-9a-f]{32}$/.test(id),
    generate: () => randomUUID().replaceAll('-', ''),
  }),
);
app.use((_req, _res, next) => {
  context.set('trace', `projects/my-project/traces/${getRequestId()}`);
  next();
});
app.get('/orders/:id', (_req, res) => {
  logger.info('order saved');
  res.send('saved\n');
});
