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
  /** The console call that is being made, if any: what it calls in turn may be its own doing. */
  call: Call | undefined;
}

/** A call of a method that stands on the console. */
interface Call {
  /** Whether a further call, made within it, passes on what it writes. */
  readonly isPassedOn: (args: readonly unknown[]) => boolean;
}

// The number rises when the state changes its shape.
const stateKey = Symbol.for('@request-context/logging/console:2');

/**
 * The methods whose lines get a prefix. What the console writes by them gets one too: `trace` (in Node
 * by `error`), `assert` (by `warn`), `group`, `count` and `timeLog` (by `log`).
 */
const prefixed = ['log', 'info', 'warn', 'error', 'debug'] as const;

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
  const created: ProcessState = { patches: [], replaced: [], call: undefined };
  Object.defineProperty(holder, stateKey, { value: created });
  return created;
}

function install(state: ProcessState): void {
  for (const name of prefixed) {
    replace(state, name, (args) => {
      const prefix = state.patches.at(-1)?.prefix() ?? '';
      const changed = withPrefix(prefix, args);
      return { args: changed, isPassedOn: (further) => isPrefixed(further, prefix, changed[0]) };
    });
  }
  // Written by `log`, and more than one line: a prefix would move the first out of line.
  replace(state, 'table', (args) => ({
    args,
    isPassedOn: ([first, ...more]) => more.length === 0 && (first === args[0] || isTable(first)),
  }));
}

function replace(
  state: ProcessState,
  name: keyof Console & string,
  begin: (args: unknown[]) => Call & { readonly args: unknown[] },
): void {
  const before = Object.getOwnPropertyDescriptor(console, name);
  const original: unknown = console[name];
  if (typeof original !== 'function') return;
  const { [name]: replacement } = {
    [name](this: unknown, ...args: unknown[]): unknown {
      const outer = state.call;
      // By the console itself, or by an older replacement that others kept. A call that an argument
      // makes, in a getter or `inspect.custom`, is one of its own.
      if (outer?.isPassedOn(args)) return Reflect.apply(original, this, args);
      const call = begin(args);
      state.call = call;
      try {
        return Reflect.apply(original, this, call.args);
      } finally {
        state.call = outer;
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

/** Whether a call has the prefix already: wrappers may format the text, or put theirs before it. */
function isPrefixed(args: readonly unknown[], prefix: string, first: unknown): boolean {
  if (prefix === '') return false;
  return args.some((arg) => typeof arg === 'string' && (arg === first || arg.includes(prefix)));
}

function isTable(text: unknown): boolean {
  return typeof text === 'string' && /^\s*[\u250c+]/.test(text);
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
