import { describe } from '@request-context/core/adapter';
import winston, { type Logform } from 'winston';
import { addField, type Captured, captureAtLogCalls, capturedFor } from './capture-at-log-calls.ts';
import { type FieldName, type FieldOptions, fieldNames } from './fields.ts';

/** The part of a logger that is used here. Any version of winston's types fits. */
export interface WinstonLogger {
  write(...args: never[]): unknown;
  configure(...args: never[]): unknown;
}

/** The part of winston that is used here. Any version of its types fits. */
export interface Winston {
  readonly Logger: { readonly prototype: WinstonLogger };
}

/**
 * Returns a format for winston that adds the id of the request to every line that was logged in it. Use it in the
 * format of a logger or of a transport. For winston 3, from 3.10 on.
 *
 * ## Which winston
 *
 * Pass your winston, or one of its loggers, where the process may load winston more than once: a bundle that
 * leaves packages out, two versions installed. By default, it is the winston that this package imports.
 *
 * ## The id is that of the log call
 *
 * winston queues lines while a transport is behind. It runs the formats of loggers and transports later, possibly
 * during another request. So the first call of this function patches `write`, `_transform` and `push`
 * of winston's `Logger.prototype`: they capture the context's values when the log call is made, and keep them with
 * the line. A line without captured values gets no id.
 *
 * ## The logged object stays as it is
 *
 * Formats get the object itself, with its private state. It has the field only while the logger's formats run.
 * Transports get a copy.
 *
 * ## Never overrides a field that is there
 *
 * A field of the same name in the log call, a child logger or `defaultMeta` wins, unless its value is undefined.
 *
 * @example
 * const { combine, json } = winston.format;
 * const logger = winston.createLogger({ format: combine(requestContextFormat(), json()), transports });
 * @example
 * requestContextFormat({ keys: ['requestId', 'tenant'] });
 * @example
 * requestContextFormat(winston, { keys: ['requestId', 'tenant'] });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 * @throws {TypeError} if the first argument is neither winston, nor one of its loggers, nor options
 */
export function requestContextFormat(options?: FieldOptions): Logform.Format;
export function requestContextFormat(
  source: Winston | WinstonLogger | undefined,
  options?: FieldOptions,
): Logform.Format;
export function requestContextFormat(first?: unknown, second?: FieldOptions): Logform.Format {
  const prototype = loggerPrototypeOf(first);
  // A single argument may be the options.
  const isSource = prototype !== undefined || second !== undefined || isMeantAsSource(first);
  if (isSource && prototype === undefined && first !== undefined) {
    throw new TypeError(
      'requestContextFormat(winston, options) needs winston 3 or one of its loggers, but was given ' +
        `${describe(first)}.`,
    );
  }
  const names = fieldNames(isSource ? second : (first as FieldOptions | undefined));
  const keys = names.map(([key]) => key);
  captureAtLogCalls(prototype ?? winston.Logger.prototype, keys);
  return {
    transform(info) {
      try {
        const captured = capturedFor(info);
        return captured === undefined ? info : (withFields(info, names, captured) as typeof info);
      } catch {
        // A Proxy whose trap throws. A log call must not throw.
        return info;
      }
    },
  };
}

function withFields(info: object, names: readonly FieldName[], captured: Captured): object {
  let line = info;
  for (const [key, field] of names) {
    const value = captured[key];
    if (value === undefined || Reflect.get(line, field) !== undefined) continue;
    line = addField(line, field, loggable(value));
  }
  return line;
}

/**
 * Returns the value, or a text instead if it cannot be written: where a getter or `toJSON` throws, or a Proxy is
 * revoked, the formats would lose the line.
 */
function loggable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const seen = new WeakSet<object>();
  try {
    JSON.stringify(value, (_key, member: unknown) => {
      // Formats can write BigInts and cycles.
      if (typeof member === 'bigint') return null;
      if (typeof member !== 'object' || member === null) return member;
      if (seen.has(member)) return null;
      seen.add(member);
      return member;
    });
    return value;
  } catch {
    return '[unreadable]';
  }
}

/** Returns winston's `Logger.prototype`, if `source` is winston or one of its loggers. */
function loggerPrototypeOf(source: unknown): object | undefined {
  if (typeof source !== 'object' || source === null) return undefined;
  // `import * as winston` has all of it under `default` alone.
  const winston = 'default' in source && !('Logger' in source) ? source.default : source;
  if (typeof winston !== 'object' || winston === null) return undefined;
  const { Logger } = winston as { Logger?: unknown };
  const start: unknown = typeof Logger === 'function' ? Logger.prototype : winston;
  for (let at = start; typeof at === 'object' && at !== null; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, '_transform') && Object.hasOwn(at, 'configure')) return at;
  }
  return undefined;
}

/** Returns whether a single argument is a module or a logger rather than options. */
function isMeantAsSource(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'function';
  const members = value as Record<string, unknown>;
  const names = ['createLogger', 'info', 'log', 'write'];
  return !Object.hasOwn(value, 'keys') && names.some((name) => typeof members[name] === 'function');
}
