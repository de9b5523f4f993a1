import { requestContextMixin } from '@request-context/logging/pino';
import pino from 'pino';

export const logger = pino({ mixin: requestContextMixin() });
