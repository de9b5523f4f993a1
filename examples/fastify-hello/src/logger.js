import { requestContextMixin } from '@request-context/logging/pino';
import { levels, pino, stdTimeFunctions } from 'pino';
import { PinoPretty } from 'pino-pretty';

const lines = PinoPretty({
  colorize: false,
  hideObject: true,
  ignore: 'time,level,name',
  messageFormat({ time, level, name, requestId = '-', msg, err }) {
    const label = levels.labels[Number(level)]?.toUpperCase();
    const { stack = msg } = /** @type {{ stack?: string }} */ (err ?? {});
    return `${time} ${label} ${name} ${requestId} | ${onOneLine(String(stack))}`;
  },
  sync: true,
});

const root = pino(
  {
    base: null,
    mixin: requestContextMixin(),
    timestamp: stdTimeFunctions.isoTime,
  },
  lines,
);

export const logger = root.child({ name: 'fastify-hello' });
export const accessLogger = root.child({ name: 'fastify-hello.access' });

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
