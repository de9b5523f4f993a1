import { randomUUID } from 'node:crypto';
import { requestId } from '@request-context/express';
import express from 'express';

export const app = express();
app.use(
  requestId({
    inbound: ['traceparent'],
    generate: () => randomUUID().replaceAll('-', ''),
  }),
);
