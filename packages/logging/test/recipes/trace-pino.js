import { requestFields } from '@request-context/logging';
import { traceFields } from '@request-context/logging/opentelemetry';
import pino from 'pino';

export const logger = pino({ mixin: () => ({ ...requestFields(), ...traceFields() }) });
