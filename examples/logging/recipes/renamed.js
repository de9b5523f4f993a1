import { requestContextMixin } from '@request-context/logging/pino';
import pino from 'pino';

export const logger = pino({ mixin: requestContextMixin({ keys: { requestId: 'request_id' } }) });
