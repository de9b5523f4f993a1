import { requestId } from '@request-context/express';
import { markSpan } from '@request-context/logging/opentelemetry';
import express from 'express';

export const app = express();
app.use(requestId());
app.use((_req, _res, next) => {
  markSpan();
  next();
});
app.get('/orders/:id', (_req, res) => void res.send('saved\n'));
