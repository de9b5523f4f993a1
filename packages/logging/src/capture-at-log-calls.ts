import { context } from '@request-context/core';
import { shareInProcess, wrapMethod } from '@request-context/core/adapter';
import { CapturedQueue } from './captured-queue.ts';
import { delegatingCopy, isPlain } from './delegating-copy.ts';
import type { ContextKey } from './fields.ts';

/** The values that were captured at a log call, by their names in the context. */
export type Captured = { readonly [Key in ContextKey]?: unknown };

/** A field that a format has added to a line, and the property that was there. */
interface Added {
  readonly line: object;
  readonly field: string | symbol;
  readonly value: unknown;
  readonly before: PropertyDescriptor | undefined;
}

/** A line on its way through the format of its logger: from `_transform` to `push`. */
interface Turn {
  readonly logger: object;
  readonly captured: Captured | undefined;
  readonly added: Added[];
  /** Whether a format of this package has added fields to the line. */
  isChanged: boolean;
}

/** What all copies of this package in the process share. */
interface State {
  /** The values to capture: those that a format wants. */
  readonly keys: Set<ContextKey>;
  /** The prototypes that are patched. */
  readonly prototypes: WeakSet<object>;
  /** Lines that went to the transports themselves, not as a copy. */
  readonly passed: WeakMap<object, { readonly captured: Captured; readonly logger: object }>;
  turn: Turn | undefined;
}

interface Stream {
  readonly writableLength: number;
  readonly transports?: Iterable<{ readonly format?: unknown; readonly readable?: unknown }>;
  readonly _writableState?: object;
}

const state: State = shareInProcess('@request-context/logging/winston:3', () => ({
  keys: new Set(),
  prototypes: new WeakSet(),
  passed: new WeakMap(),
  turn: undefined,
}));

/** Holds the captured values of a line's copy. Enumerable, as winston copies lines by Object.assign. */
const capturedKey = Symbol.for('@request-context/logging/winston/captured:1');

/** Holds the text of a line, which winston's formats set, and which contains the id then. */
const messageKey = Symbol.for('message');
/** Stands for any value. */
const anything = Symbol('anything');

const queues = new WeakMap<object, CapturedQueue<Captured>>();

/**
 * Patches the loggers of `prototype`, winston's `Logger.prototype`, so that log calls capture the context's values.
 *
 * ## Where the captured values are
 *
 * They wait beside winston's queue, by the line's place in it, until it is the line's turn: the formats of the
 * logger get the logged object itself. The transports get a {@link delegatingCopy} that holds the values: they
 * have queues too, and the object may be logged again. A class instance itself goes to the transports, if none of
 * them needs the values.
 */
export function captureAtLogCalls(prototype: object, keys: Iterable<ContextKey>): void {
  for (const key of keys) state.keys.add(key);
  if (state.prototypes.has(prototype)) return;
  state.prototypes.add(prototype);
  const logger = prototype as Stream;

  // All log calls end here, including those of child loggers, profilers and exception handlers.
  wrapMethod(logger, 'write', (write) => {
    return function (info: unknown, ...rest: unknown[]): unknown {
      const queue = queueOf(this);
      const before = this.writableLength;
      const place = queue.add(captureFor(info, this));
      try {
        return Reflect.apply(write, this, [info, ...rest]);
      } finally {
        queue.confirm(place, this.writableLength - before);
      }
    };
  });
  wrapMethod(logger, '_transform', (transform) => {
    return function (
      info: unknown,
      encoding: unknown,
      callback: (...results: unknown[]) => unknown,
    ): unknown {
      const outer = state.turn;
      const captured = queueOf(this).take(this.writableLength);
      const turn: Turn = { logger: this, captured, added: [], isChanged: false };
      state.turn = turn;
      function done(...results: unknown[]): unknown {
        // The callback starts the turns of other lines, and of lines in the transports.
        close(turn);
        return callback(...results);
      }
      try {
        return Reflect.apply(transform, this, [info, encoding, done]);
      } finally {
        close(turn);
        state.turn = outer;
      }
    };
  });
  wrapMethod(logger, 'push', (push) => {
    return function (line: unknown, ...rest: unknown[]): unknown {
      const { turn } = state;
      if (turn?.logger !== this) return Reflect.apply(push, this, [line, ...rest]);
      const passed = isObject(line) ? toTransports(line, this, turn) : line;
      close(turn);
      return Reflect.apply(push, this, [passed, ...rest]);
    };
  });
}

/** Returns the values that were captured for the line that a format gets, if any. */
export function capturedFor(info: unknown): Captured | undefined {
  if (!isObject(info)) return undefined;
  return heldBy(info) ?? state.turn?.captured;
}

/**
 * Adds a field to a line. The object that the user logged has it only while formats run. Returns the line, or a
 * copy of it if it cannot have another field.
 */
export function addField(info: object, field: string, value: unknown): object {
  const { turn } = state;
  const before = ownProperty(info, field);
  const text = ownProperty(info, messageKey);
  const added = { configurable: true, enumerable: true, writable: true, value };
  if (turn !== undefined) turn.isChanged = true;
  if (Reflect.defineProperty(info, field, added)) {
    // The text was added last, so it is removed first: that keeps V8's object layout fast.
    turn?.added.push(
      { line: info, field, value, before },
      { line: info, field: messageKey, value: anything, before: text },
    );
    return info;
  }
  return Object.defineProperty(delegatingCopy(info), field, added);
}

/** Returns the queue of a logger. Objects that inherit from the logger share it. */
function queueOf(stream: Stream): CapturedQueue<Captured> {
  const key = stream._writableState ?? stream;
  let queue = queues.get(key);
  if (queue === undefined) {
    queue = new CapturedQueue(stream.writableLength);
    queues.set(key, queue);
  }
  return queue;
}

function captureFor(info: unknown, logger: object): Captured | undefined {
  if (!isObject(info)) return undefined;
  // A line that a transport passes on to another logger keeps its values.
  const held = heldBy(info);
  if (held !== undefined) return held;
  // A log call that a format makes runs in the context of the code that made room in the queue.
  if (state.turn !== undefined) return state.turn.captured;
  const captured = context.active ? capture() : undefined;
  const passed = state.passed.get(info);
  if (passed === undefined || passed.logger === logger) return captured;
  // Passed on by a transport, or logged again by another logger: there is no way to tell which.
  return isSame(passed.captured, captured) ? captured : undefined;
}

function capture(): Captured {
  const captured: Record<string, unknown> = {};
  for (const key of state.keys) captured[key] = context.get(key);
  return captured;
}

function isSame(a: Captured, b: Captured | undefined): boolean {
  return b !== undefined && [...state.keys].every((key) => a[key] === b[key]);
}

function heldBy(info: object): Captured | undefined {
  try {
    return (info as { [capturedKey]?: Captured })[capturedKey];
  } catch {
    // A Proxy whose trap throws. A log call must not throw.
    return undefined;
  }
}

/** Returns the line for the transports. */
function toTransports(line: object, logger: Stream, turn: Turn): object {
  const { captured, isChanged } = turn;
  if (captured === undefined) return line;
  try {
    if (isChanged || isPlain(line) || needsCaptured(logger)) {
      const copy: { [capturedKey]?: Captured } = delegatingCopy(line);
      copy[capturedKey] = captured;
      return copy;
    }
  } catch {
    // A Proxy whose trap throws. The line itself goes on, with its fields: a log call must not throw.
    turn.added.length = 0;
  }
  state.passed.set(line, { captured, logger });
  return line;
}

/** Returns whether a transport of the logger has a format, or passes on lines: then it needs the captured values. */
function needsCaptured({ transports = [] }: Stream): boolean {
  for (const { format, readable } of transports) {
    if (format || readable !== undefined) return true;
  }
  return false;
}

/** Ends a line's turn, and removes what the formats have added to the object that the user logged. */
function close(turn: Turn): void {
  if (state.turn === turn) state.turn = undefined;
  for (let added = turn.added.pop(); added !== undefined; added = turn.added.pop()) {
    const { line, field, value, before } = added;
    try {
      const now = ownProperty(line, field);
      if (now === undefined || (value !== anything && now.value !== value)) continue;
      if (before === undefined) Reflect.deleteProperty(line, field);
      else Reflect.defineProperty(line, field, before);
    } catch {
      // A Proxy whose trap throws. A log call must not throw.
    }
  }
}

/** Returns a property's descriptor. Most lines lack the property: hasOwn() is faster then. */
function ownProperty(object: object, key: PropertyKey): PropertyDescriptor | undefined {
  return Object.hasOwn(object, key) ? Object.getOwnPropertyDescriptor(object, key) : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
}
