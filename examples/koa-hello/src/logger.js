import { format } from 'node:util';
import { getRequestId } from '@request-context/koa';
import log4js from 'log4js';

const layout = {
  type: 'pattern',
  pattern: '%x{time} %p %c %x{requestId} | %x{message}',
  tokens: {
    time: (/** @type {log4js.LoggingEvent} */ event) => event.startTime.toISOString(),
    requestId: () => getRequestId() ?? '-',
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
 * What would end the line or hide part of it (as in an error's stack, or sent by a client) is escaped.
 *
 * @param {string} text
 */
function onOneLine(text) {
  return text
    .replaceAll('\n', '\\n')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
}
