import { format } from 'node:util';
import { escapeText, requestFields } from '@request-context/logging';
import log4js from 'log4js';

const layout = {
  type: 'pattern',
  pattern: '%x{time} %p %c %x{requestId} | %x{message}',
  tokens: {
    time: (/** @type {log4js.LoggingEvent} */ event) => event.startTime.toISOString(),
    requestId: () => escapeText(requestFields().requestId ?? '-'),
    message: (/** @type {log4js.LoggingEvent} */ event) => onOneLine(format(...event.data)),
  },
};

log4js.configure({
  appenders: { stdout: { type: 'stdout', layout } },
  categories: { default: { appenders: ['stdout'], level: 'info' } },
});

export const logger = log4js.getLogger('koa-hello');
export const accessLogger = log4js.getLogger('koa-hello.access');

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
