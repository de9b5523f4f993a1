import { requestContextFormat } from '@request-context/logging/winston';
import morgan from 'morgan';
import winston from 'winston';

const { combine, printf, timestamp } = winston.format;

const line = printf(
  ({ timestamp, level, logger, requestId = '-', message }) =>
    `${timestamp} ${level.toUpperCase()} ${logger} ${requestId} | ${onOneLine(String(message))}`,
);

const root = winston.createLogger({
  format: combine(requestContextFormat(), timestamp(), line),
  transports: [new winston.transports.Console()],
});

export const logger = root.child({ logger: 'logging' });
const accessLogger = root.child({ logger: 'logging.access' });

/** Writes a line at the end of each response, even if the client has left. */
export const accessLog = morgan(
  ':method :url :status :res[content-length] - :response-time[1] ms',
  { stream: { write: (line) => accessLogger.info(line.trimEnd()) } },
);

/**
 * Escapes what would end the line or hide part of it: in an error's stack, or in text that a client sent.
 *
 * @param {string} text
 */
function onOneLine(text) {
  return text
    .replaceAll('\n', '\\n')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
}
