import { requestContextMixin } from '@request-context/logging/pino';
import pino from 'pino';

export const logger = pino({
  base: { 'ecs.version': '8.10.0' },
  messageKey: 'message',
  mixin: requestContextMixin({ keys: { requestId: 'http.request.id' } }),
  timestamp: () => `,"@timestamp":"${new Date().toISOString()}"`,
});
