import { requestId } from '@request-context/express';
import { requestContextMixin } from '@request-context/logging/pino';
import express from 'express';
import { pinoHttp } from 'pino-http';

export const app = express();
app.use(requestId());
app.use(
  pinoHttp({
    mixin: requestContextMixin(),
    serializers: {
      req: ({ id, method, url }) => ({ id, method, url }),
      res: ({ statusCode }) => ({ statusCode }),
    },
  }),
);
app.get('/orders/:id', (_req, res) => void res.send('saved\n'));
