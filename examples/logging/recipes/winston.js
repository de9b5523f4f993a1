import { requestContextFormat } from '@request-context/logging/winston';
import winston from 'winston';

const { combine, json } = winston.format;

export const logger = winston.createLogger({
  format: combine(requestContextFormat(), json()),
  transports: [new winston.transports.Console()],
});
