import { requestContextFormat } from '@request-context/logging/winston';
import winston from 'winston';

const { combine, json } = winston.format;

export const logger = winston.createLogger({
  format: combine(requestContextFormat(winston, { keys: { requestId: 'request_id' } }), json()),
  transports: [new winston.transports.Console()],
});
