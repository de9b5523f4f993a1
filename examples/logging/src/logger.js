import { requestContextMixin } from '@request-context/logging/pino';
import pino from 'pino';
import { pinoHttp } from 'pino-http';

const root = pino({
  base: null,
  mixin: requestContextMixin({ keys: { requestId: 'request_id' } }),
  timestamp: pino.stdTimeFunctions.isoTime,
});

export const logger = root.child({ name: 'logging' });

/** Writes a line at the end of each response, even if the client has left. */
export const accessLog = pinoHttp({
  logger: root.child({ name: 'logging.access' }),
  serializers: {
    req: ({ method, url }) => ({ method, url }),
    res: ({ statusCode }) => ({ statusCode }),
  },
});
