import { requestContextFormat } from '@request-context/logging/winston';
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

export const logger = root.child({ logger: 'express-hello' });
export const accessLogger = root.child({ logger: 'express-hello.access' });

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
