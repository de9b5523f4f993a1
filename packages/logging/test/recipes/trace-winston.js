import { traceFields } from '@request-context/logging/opentelemetry';
import { requestContextFormat } from '@request-context/logging/winston';
import winston from 'winston';

const { combine, json } = winston.format;
const winstonLogger = winston.createLogger({
  format: combine(requestContextFormat(), json()),
  transports: [new winston.transports.Console()],
});

export const logger = {
  /**
   * @param {string} message
   * @param {object} [fields]
   */
  info(message, fields) {
    winstonLogger.info(message, { ...traceFields(), ...fields });
  },
};
