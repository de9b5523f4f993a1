import { escapeText } from './escape-text.ts';
import {
  defaultNames,
  type FieldOptions,
  fieldNames,
  type LogFields,
  readerOf,
} from './field-reader.ts';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** One call of {@link patchConsole} that has not been undone. */
interface Patch {
  readonly prefix: () => string;
}

/** What was on the console, and what stands there instead. */
interface Replaced {
  readonly name: string;
  readonly before: PropertyDescriptor | undefined;
  readonly replacement: Method;
}

/** What all copies of this package in one process have in common. */
interface ProcessState {
  /** Those that are in force. The last one says what the prefix is. */
  readonly patches: Patch[];
  replaced: Replaced[];
  /** Whether a method of the console runs that writes its line by another. */
  isInside: boolean;
}

// The number rises when the state changes its shape.
const stateKey = Symbol.for('@request-context/logging/console:1');

/**
 * The methods whose lines get a prefix. What the console writes by them gets one too: `trace` (in Node
 * by `error`), `assert` (by `warn`), `group`, `count` and `timeLog` (by `log`).
 */
const prefixed = ['log', 'info', 'warn', 'error', 'debug'] as const;
/** Written by `log`, and more than one line: a prefix would move the first out of line. */
const untouched = ['table'] as const;

/**
 * Makes what is written to the console while a request is handled start with its id: `[myid] `. With
 * `keys`, it is their names and values: `[requestId=myid tenant=acme] `. Outside of requests nothing
 * changes. Of several lines written at once, the first that is not empty is prefixed; what
 * `console.table` and `console.dir` write is left alone. What could forge a prefix or a line is
 * percent-encoded, in the values; what is logged stays as it is.
 *
 * Gives a function that undoes it: the console is then exactly what it was, unless others have
 * changed it since, who find what they found working as before. Called twice, the prefix is not
 * written twice: it is that of the last call, until that is undone.
 *
 * @example
 * patchConsole();
 * @example
 * const undo = patchConsole({ keys: { requestId: 'request_id' } });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has a value that it cannot have
 */
export function patchConsole(options?: FieldOptions): () => void {
  const names = fieldNames(options);
  const readFields = readerOf(names);
  const toText = names === defaultNames ? valuesOf : namesAndValuesOf;
  const patch: Patch = {
    prefix() {
      const parts = toText(readFields());
      return parts.length === 0 ? '' : `[${parts.join(' ')}] `;
    },
  };
  const state = processState();
  if (state.patches.length === 0) install(state);
  state.patches.push(patch);
  return function undo() {
    const at = state.patches.indexOf(patch);
    if (at === -1) return;
    state.patches.splice(at, 1);
    if (state.patches.length === 0) uninstall(state);
  };
}

function valuesOf(fields: LogFields): string[] {
  return Object.values(fields).map(escapeText);
}

function namesAndValuesOf(fields: LogFields): string[] {
  return Object.entries(fields).map(
    ([field, value]) => `${escapeText(field)}=${escapeText(value)}`,
  );
}

function processState(): ProcessState {
  const holder = globalThis as { [stateKey]?: ProcessState };
  const existing = holder[stateKey];
  if (existing !== undefined) return existing;
  const created: ProcessState = { patches: [], replaced: [], isInside: false };
  Object.defineProperty(holder, stateKey, { value: created });
  return created;
}

function install(state: ProcessState): void {
  for (const name of prefixed) {
    replace(state, name, (args) => withPrefix(state.patches.at(-1)?.prefix() ?? '', args));
  }
  for (const name of untouched) replace(state, name, (args) => args);
}

function replace(
  state: ProcessState,
  name: keyof Console & string,
  change: (args: unknown[]) => unknown[],
): void {
  const before = Object.getOwnPropertyDescriptor(console, name);
  const original: unknown = console[name];
  if (typeof original !== 'function') return;
  const { [name]: replacement } = {
    [name](this: unknown, ...args: unknown[]): unknown {
      // Called by a method that did what is to do, be it an older replacement that others kept.
      if (state.isInside) return Reflect.apply(original, this, args);
      state.isInside = true;
      try {
        return Reflect.apply(original, this, change(args));
      } finally {
        state.isInside = false;
      }
    },
  } as Record<string, Method>;
  if (replacement === undefined) return;
  Object.defineProperty(console, name, {
    configurable: true,
    enumerable: before?.enumerable ?? true,
    writable: true,
    value: replacement,
  });
  state.replaced.push({ name, before, replacement });
}

function uninstall(state: ProcessState): void {
  const holder = console as unknown as Record<string, unknown>;
  for (const { name, before, replacement } of state.replaced) {
    // Somebody else's, which may call ours: it does nothing by now.
    if (Object.getOwnPropertyDescriptor(holder, name)?.value !== replacement) continue;
    if (before === undefined) delete holder[name];
    else Object.defineProperty(holder, name, before);
  }
  state.replaced = [];
}

/** The prefix needs no escape of its own: format specifiers are small letters, `%5D` is none. */
function withPrefix(prefix: string, args: unknown[]): unknown[] {
  if (prefix === '') return args;
  const [first, ...rest] = args;
  if (typeof first !== 'string') return [prefix.trimEnd(), ...args];
  const blank = /^[\r\n]*/.exec(first)?.[0] ?? '';
  return [`${blank}${prefix}${first.slice(blank.length)}`, ...rest];
}
