import { requestContextMixin } from '@request-context/logging/pino';
import pino from 'pino';

/**
 * Returns the logger of a service. Every line holds the current request's id.
 *
 * @param {string} service
 */
export function createLogger(service) {
  return pino({ base: { service }, mixin: requestContextMixin() });
}
