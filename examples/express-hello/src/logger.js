import { getRequestId } from '@request-context/express';
import winston from 'winston';

const { combine, printf, timestamp } = winston.format;

const line = printf(
  ({ timestamp, level, logger, requestId = '-', message }) =>
    `${timestamp} ${level.toUpperCase()} ${logger} ${requestId} | ${onOneLine(String(message))}`,
);

const root = winston.createLogger({
  // A getter, as winston reads this when a log call is made. Formats are too late for asking which
  // request it is: while a transport is behind, they run in turn with those of other requests.
  defaultMeta: {
    get requestId() {
      return getRequestId();
    },
  },
  format: combine(timestamp(), line),
  transports: [new winston.transports.Console()],
});

export const logger = root.child({ logger: 'express-hello' });
export const accessLogger = root.child({ logger: 'express-hello.access' });

/**
 * What would end the line or hide part of it (as in an error's stack, or sent by a client) is escaped.
 *
 * @param {string} text
 */
function onOneLine(text) {
  return text
    .replaceAll('\n', '\\n')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
}
