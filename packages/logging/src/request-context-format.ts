import winston, { type Logform } from 'winston';
import { type FieldName, type FieldOptions, fieldNames, kindOf } from './field-reader.ts';
import { addField, type Captured, noteLogCalls, noteOf } from './note-log-calls.ts';

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
 * Returns a format for winston: every line has the id of the request that its log call was made in. It
 * works in the format of a logger and in that of a transport. For winston 3, from 3.10 on.
 *
 * ## Which winston
 *
 * Give it your winston, or one of its loggers, where the process may load winston more than once: a
 * bundle that leaves packages out, two versions installed. Without it, it is the winston that this
 * package finds.
 *
 * ## The id is that of the log call
 *
 * winston queues lines while a transport is behind, and runs formats, of loggers and of transports,
 * when their turn has come: in whichever request goes on then. The first call of this function
 * therefore gives winston's `Logger.prototype` a `write`, a `_transform` and a `push` that note the
 * values while the log call is made, and keep the note with the line. What has no note gets no id.
 *
 * ## The object that is logged stays as it is
 *
 * Formats get the object itself, with its private state. The field is on it while the logger's formats
 * run; transports get a stand-in.
 *
 * ## Never overrides a field that is there
 *
 * A field of the same name wins, of the log call, of a child logger or of `defaultMeta`, unless its
 * value is undefined.
 *
 * @example
 * const { combine, json } = winston.format;
 * const logger = winston.createLogger({ format: combine(requestContextFormat(), json()), transports });
 * @example
 * requestContextFormat({ keys: ['requestId', 'tenant'] });
 * @example
 * requestContextFormat(winston, { keys: ['requestId', 'tenant'] });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has a value that it cannot have
 * @throws {TypeError} if the first argument is neither winston, nor one of its loggers, nor options
 */
export function requestContextFormat(options?: FieldOptions): Logform.Format;
export function requestContextFormat(
  source: Winston | WinstonLogger | undefined,
  options?: FieldOptions,
): Logform.Format;
export function requestContextFormat(first?: unknown, second?: FieldOptions): Logform.Format {
  const prototype = loggerPrototypeOf(first);
  // Alone, it may be the options.
  const isSource = prototype !== undefined || second !== undefined || isMeantAsSource(first);
  if (isSource && prototype === undefined && first !== undefined) {
    throw new TypeError(
      'requestContextFormat(winston, options) needs winston 3 or one of its loggers, but what it was ' +
        `given is neither: it is ${kindOf(first)}.`,
    );
  }
  const names = fieldNames(isSource ? second : (first as FieldOptions | undefined));
  const keys = names.map(([key]) => key);
  noteLogCalls(prototype ?? winston.Logger.prototype, keys);
  return {
    transform(info) {
      try {
        const note = noteOf(info);
        return note === undefined ? info : (withFields(info, names, note) as typeof info);
      } catch {
        // A Proxy that refuses. A log call must not throw.
        return info;
      }
    },
  };
}

function withFields(info: object, names: readonly FieldName[], note: Captured): object {
  let line = info;
  for (const [key, field] of names) {
    const value = note[key];
    if (value === undefined || Reflect.get(line, field) !== undefined) continue;
    line = addField(line, field, loggable(value));
  }
  return line;
}

/**
 * Returns the value, or a text in its place if it cannot be written: where a getter or `toJSON` throws,
 * or a Proxy is revoked, the formats would lose the line.
 */
function loggable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const seen = new WeakSet<object>();
  try {
    JSON.stringify(value, (_key, member: unknown) => {
      // Formats know what to do with these.
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

/** Whether an argument that stands alone is a module or a logger rather than options. */
function isMeantAsSource(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'function';
  const members = value as Record<string, unknown>;
  const names = ['createLogger', 'info', 'log', 'write'];
  return !Object.hasOwn(value, 'keys') && names.some((name) => typeof members[name] === 'function');
}
