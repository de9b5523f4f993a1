import { context } from '@request-context/core';
import type { ContextKey } from './field-reader.ts';
import { LineNotes } from './line-notes.ts';
import { isPlain, standIn } from './stand-in.ts';

/** The values that a log call was made with, by their names in the context. */
export type Captured = { readonly [Key in ContextKey]?: unknown };

/** A field that a format has put on a line, and what was there. */
interface Added {
  readonly line: object;
  readonly field: string | symbol;
  readonly value: unknown;
  readonly before: PropertyDescriptor | undefined;
}

/** A line that goes through the format of its logger: from `_transform` to `push`. */
interface Turn {
  readonly logger: object;
  readonly note: Captured | undefined;
  readonly added: Added[];
  /** Whether a format of this package has added fields to the line. */
  isChanged: boolean;
}

/** What all copies of this package in one process have in common. */
interface ProcessState {
  /** The values that are captured: those that a format wants. */
  readonly keys: Set<ContextKey>;
  /** The prototypes whose log calls are noted. */
  readonly prototypes: WeakSet<object>;
  /** Lines that went to the transports as they came, with their note and the logger. */
  readonly passed: WeakMap<object, { readonly note: Captured; readonly logger: object }>;
  turn: Turn | undefined;
}

type Method = (this: Stream, ...args: never[]) => unknown;

interface Stream {
  readonly writableLength: number;
  readonly transports?: Iterable<{ readonly format?: unknown; readonly readable?: unknown }>;
  readonly _writableState?: object;
}

// The number rises when the state changes its shape.
const stateKey = Symbol.for('@request-context/logging/winston:2');
/** Where a copy of a line carries its note. Enumerable: winston copies lines by Object.assign. */
const capturedKey = Symbol.for('@request-context/logging/winston/captured:1');

/** Where winston's formats put the text of a line, which holds the id then. */
const messageKey = Symbol.for('message');
/** In place of a value: whatever it is. */
const anything = Symbol('anything');

const queues = new WeakMap<object, LineNotes<Captured>>();

/**
 * Makes the loggers of `prototype`, winston's `Logger.prototype`, note the context's values while a log
 * call is made.
 *
 * ## Where the notes are
 *
 * Beside winston's queue, by the place of the line in it, until the line's turn has come: formats of
 * the logger are given the object that was logged. What has a note goes to the transports as a
 * {@link standIn} that carries it: transports have queues too, and the object may be logged again.
 * An object of a class keeps its identity as far as the transports if nothing there asks for the note.
 */
export function noteLogCalls(prototype: object, keys: Iterable<ContextKey>): void {
  const state = processState();
  for (const key of keys) state.keys.add(key);
  if (state.prototypes.has(prototype)) return;
  state.prototypes.add(prototype);

  // All log calls end here, those of child loggers, profilers and exception handlers as well.
  override(prototype, 'write', (inherited) => {
    return function write(this: Stream, info: unknown, ...rest: unknown[]): unknown {
      const notes = queueOf(this);
      const before = this.writableLength;
      const place = notes.add(noteFor(info, this, state));
      try {
        return Reflect.apply(inherited(), this, [info, ...rest]);
      } finally {
        notes.settle(place, this.writableLength - before);
      }
    };
  });
  override(prototype, '_transform', (inherited) => {
    return function _transform(
      this: Stream,
      info: unknown,
      encoding: unknown,
      callback: (...results: unknown[]) => unknown,
    ): unknown {
      const outer = state.turn;
      const note = queueOf(this).take(this.writableLength);
      const turn: Turn = { logger: this, note, added: [], isChanged: false };
      state.turn = turn;
      function done(...results: unknown[]): unknown {
        // Next is the turn of others, of lines in the transports too.
        close(turn, state);
        return callback(...results);
      }
      try {
        return Reflect.apply(inherited(), this, [info, encoding, done]);
      } finally {
        close(turn, state);
        state.turn = outer;
      }
    };
  });
  override(prototype, 'push', (inherited) => {
    return function push(this: Stream, line: unknown, ...rest: unknown[]): unknown {
      const { turn } = state;
      if (turn?.logger !== this) return Reflect.apply(inherited(), this, [line, ...rest]);
      const passed = isObject(line) ? toTransports(line, this, turn, state) : line;
      close(turn, state);
      return Reflect.apply(inherited(), this, [passed, ...rest]);
    };
  });
}

/** Returns what was noted for the line that a format is given, if anything. */
export function noteOf(info: unknown): Captured | undefined {
  if (!isObject(info)) return undefined;
  return carriedNote(info) ?? processState().turn?.note;
}

/**
 * Adds a field to a line. What the user logged gets it for the time of the formats alone. Returns the
 * line: a stand-in where it cannot have another field.
 */
export function addField(info: object, field: string, value: unknown): object {
  const { turn } = processState();
  const before = ownProperty(info, field);
  const text = ownProperty(info, messageKey);
  const added = { configurable: true, enumerable: true, writable: true, value };
  if (turn !== undefined) turn.isChanged = true;
  if (Reflect.defineProperty(info, field, added)) {
    // The text is removed first, as it was added last: V8 keeps the object fast then.
    turn?.added.push(
      { line: info, field, value, before },
      { line: info, field: messageKey, value: anything, before: text },
    );
    return info;
  }
  return Object.defineProperty(standIn(info), field, added);
}

function processState(): ProcessState {
  const holder = globalThis as { [stateKey]?: ProcessState };
  const existing = holder[stateKey];
  if (existing !== undefined) return existing;
  const created: ProcessState = {
    keys: new Set(),
    prototypes: new WeakSet(),
    passed: new WeakMap(),
    turn: undefined,
  };
  Object.defineProperty(holder, stateKey, { value: created });
  return created;
}

/** Replaces a method. `inherited()` is the one that was there, or the one that is inherited by now. */
function override(prototype: object, name: string, make: (inherited: () => Method) => Method) {
  const own = Object.getOwnPropertyDescriptor(prototype, name)?.value as Method | undefined;
  const inherited = (): Method => own ?? Reflect.get(Object.getPrototypeOf(prototype), name);
  Object.defineProperty(prototype, name, {
    configurable: true,
    enumerable: false,
    writable: true,
    value: make(inherited),
  });
}

/** An object that inherits from a logger shares its queue. */
function queueOf(stream: Stream): LineNotes<Captured> {
  const key = stream._writableState ?? stream;
  let queue = queues.get(key);
  if (queue === undefined) {
    queue = new LineNotes(stream.writableLength);
    queues.set(key, queue);
  }
  return queue;
}

function noteFor(info: unknown, logger: object, state: ProcessState): Captured | undefined {
  if (!isObject(info)) return undefined;
  // What a transport passes on to another logger keeps its note.
  const carried = carriedNote(info);
  if (carried !== undefined) return carried;
  // A log call made by a format runs in the context of whoever made room in the queue.
  if (state.turn !== undefined) return state.turn.note;
  const note = context.active ? capture(state.keys) : undefined;
  const passed = state.passed.get(info);
  if (passed === undefined || passed.logger === logger) return note;
  // Passed on, or logged anew by another logger: if that makes a difference, nobody knows.
  return isSame(passed.note, note, state.keys) ? note : undefined;
}

function capture(keys: Iterable<ContextKey>): Captured {
  const captured: Record<string, unknown> = {};
  for (const key of keys) captured[key] = context.get(key);
  return captured;
}

function isSame(a: Captured, b: Captured | undefined, keys: Iterable<ContextKey>): boolean {
  return b !== undefined && [...keys].every((key) => a[key] === b[key]);
}

function carriedNote(info: object): Captured | undefined {
  try {
    return (info as { [capturedKey]?: Captured })[capturedKey];
  } catch {
    // A Proxy that refuses. A log call must not throw.
    return undefined;
  }
}

/** Returns the line as it goes to the transports. */
function toTransports(line: object, logger: Stream, turn: Turn, { passed }: ProcessState): object {
  const { note, isChanged } = turn;
  if (note === undefined) return line;
  try {
    if (isChanged || isPlain(line) || isAskedFor(logger)) {
      const copy: { [capturedKey]?: Captured } = standIn(line);
      copy[capturedKey] = note;
      return copy;
    }
  } catch {
    // A Proxy that refuses. It goes on as it is, with its fields: a log call must not throw.
    turn.added.length = 0;
  }
  passed.set(line, { note, logger });
  return line;
}

/** Whether a transport has a format, or passes on what it gets: then the note has to come along. */
function isAskedFor({ transports = [] }: Stream): boolean {
  for (const { format, readable } of transports) {
    if (format || readable !== undefined) return true;
  }
  return false;
}

/** Ends a line's way through the formats, and removes from what the user logged what they were given. */
function close(turn: Turn, state: ProcessState): void {
  if (state.turn === turn) state.turn = undefined;
  for (let added = turn.added.pop(); added !== undefined; added = turn.added.pop()) {
    const { line, field, value, before } = added;
    try {
      const now = ownProperty(line, field);
      if (now === undefined || (value !== anything && now.value !== value)) continue;
      if (before === undefined) Reflect.deleteProperty(line, field);
      else Reflect.defineProperty(line, field, before);
    } catch {
      // A Proxy that refuses. A log call must not throw.
    }
  }
}

/** Makes no descriptor where there is no property, as in most lines. */
function ownProperty(object: object, key: PropertyKey): PropertyDescriptor | undefined {
  return Object.hasOwn(object, key) ? Object.getOwnPropertyDescriptor(object, key) : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
}
