import { escapeText } from '@request-context/logging';
import { requestContextFormat } from '@request-context/logging/winston';
import winston from 'winston';

const { combine, printf, timestamp } = winston.format;

const line = printf(
  ({ timestamp, level, requestId = '-', message }) =>
    `${timestamp} ${level.toUpperCase()} ${escapeText(requestId)} | ${onOneLine(String(message))}`,
);

export const logger = winston.createLogger({
  format: combine(requestContextFormat(), timestamp(), line),
  transports: [new winston.transports.Console()],
});

/**
 * Escapes what would end the line or hide part of it.
 *
 * @param {string} text
 */
function onOneLine(text) {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
}
