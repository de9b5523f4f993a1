import { context } from '@request-context/core';
import winston, { type Logform } from 'winston';
import { type ContextKey, type FieldOptions, fieldNames } from './field-reader.ts';

/** The values that a log call was made with, by their names in the context. */
type Captured = { readonly [Key in ContextKey]?: unknown };

/** What all copies of this package in one process have in common. */
interface ProcessState {
  /** The values that are captured: those that a format wants. */
  readonly keys: Set<ContextKey>;
  /** The prototypes whose `write` captures them. */
  readonly prototypes: WeakSet<object>;
}

// The number rises when what is captured changes its shape.
const stateKey = Symbol.for('@request-context/logging/winston:1');
/** Where a line carries them. Enumerable, since winston copies lines by Object.assign. */
const capturedKey = Symbol.for('@request-context/logging/winston/captured:1');

/**
 * A format for winston: every line has the id of the request that its log call was made in. It works
 * in the format of a logger and in that of a transport. For winston 3, from 3.10 on.
 *
 * ## The id is that of the log call
 *
 * winston queues lines while a transport is behind, and runs formats, of loggers and of transports,
 * when their turn has come: in whichever request goes on then. The first call of this function
 * therefore gives winston's `Logger.prototype` a `write` that notes the values while the log call is
 * made; lines written outside of any request pass through it untouched. What has no note gets no id.
 *
 * ## Never overrides a field that is there
 *
 * A field of the same name wins, be it of the log call, of a child logger or of `defaultMeta`.
 *
 * @example
 * const { combine, json } = winston.format;
 * const logger = winston.createLogger({ format: combine(requestContextFormat(), json()), transports });
 * @example
 * requestContextFormat({ keys: ['requestId', 'tenant'] });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has a value that it cannot have
 */
export function requestContextFormat(options?: FieldOptions): Logform.Format {
  const names = fieldNames(options);
  const state = processState();
  for (const [key] of names) state.keys.add(key);
  captureAtWrite(winston.Logger.prototype, state);
  return {
    transform(info) {
      const captured = info[capturedKey] as Captured | undefined;
      if (captured === undefined) return info;
      for (const [key, field] of names) {
        const value = captured[key];
        if (value !== undefined && info[field] === undefined) info[field] = value;
      }
      return info;
    },
  };
}

function processState(): ProcessState {
  const holder = globalThis as { [stateKey]?: ProcessState };
  const existing = holder[stateKey];
  if (existing !== undefined) return existing;
  const created: ProcessState = { keys: new Set(), prototypes: new WeakSet() };
  Object.defineProperty(holder, stateKey, { value: created });
  return created;
}

/** All log calls end in `write`, those of child loggers, profilers and exception handlers as well. */
function captureAtWrite(prototype: winston.Logger, { keys, prototypes }: ProcessState): void {
  if (prototypes.has(prototype)) return;
  prototypes.add(prototype);
  // biome-ignore lint/complexity/noBannedTypes: called with what it is given
  const write: Function = prototype.write;
  Object.defineProperty(prototype, 'write', {
    configurable: true,
    enumerable: false,
    writable: true,
    value: function (this: unknown, info: unknown, ...rest: unknown[]): unknown {
      const line = context.active && isLine(info) ? withCaptured(info, keys) : info;
      return Reflect.apply(write, this, [line, ...rest]);
    },
  });
}

/** What a transport passes on to another logger has its note, and keeps it. */
function isLine(info: unknown): info is object {
  return (
    typeof info === 'object' &&
    info !== null &&
    !(info instanceof Uint8Array) &&
    !(capturedKey in info)
  );
}

/** A copy with a note: the object itself may be logged again, by another request, while it waits. */
function withCaptured(info: object, keys: Iterable<ContextKey>): object {
  const captured: Record<string, unknown> = {};
  for (const key of keys) captured[key] = context.get(key);
  const line = Object.assign(Object.create(Object.getPrototypeOf(info)), info);
  if (info instanceof Error) {
    // Not enumerable; winston's format.errors() reads them.
    for (const key of ['message', 'stack', 'cause'] as const) {
      if (Object.hasOwn(info, key)) {
        Object.defineProperty(line, key, {
          configurable: true,
          enumerable: false,
          writable: true,
          value: info[key],
        });
      }
    }
  }
  line[capturedKey] = captured;
  return line;
}
