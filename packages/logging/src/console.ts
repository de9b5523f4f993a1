import { shareInProcess } from '@request-context/core/adapter';
import { escapeText } from './escape-text.ts';
import { defaultNames, type FieldOptions, fieldNames, type LogFields, readerOf } from './fields.ts';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** One call of {@link patchConsole} that is in force. */
interface Patch {
  readonly prefix: () => string;
}

/** A method of the console, and what replaces it. */
interface Replaced {
  readonly name: string;
  readonly before: PropertyDescriptor | undefined;
  readonly replacement: Method;
}

/** What all copies of this package in the process share. */
interface State {
  /** The calls that are in force. The last one determines the prefix. */
  readonly patches: Patch[];
  replaced: Replaced[];
  /** The current console call, if any: it may make further calls itself. */
  call: Call | undefined;
}

/** A call of a replaced method. */
interface Call {
  /** Returns whether a further call within this one passes on its text. */
  readonly isPassedOn: (args: readonly unknown[]) => boolean;
}

const state: State = shareInProcess('@request-context/logging/console:3', () => ({
  patches: [],
  replaced: [],
  call: undefined,
}));

/**
 * The methods whose lines get a prefix. So do those of methods that call them: `trace` (in Node, it calls `error`),
 * `assert` (`warn`), `group`, `count` and `timeLog` (`log`).
 */
const prefixed = ['log', 'info', 'warn', 'error', 'debug'] as const;

/**
 * Prefixes what is written to the console while a request is handled with its id: `[myid] `. With `keys`, the
 * prefix has their names and values: `[requestId=myid tenant=acme] `. Outside of requests nothing changes. If a
 * call writes several lines, the first that is not empty gets the prefix. The output of `console.table` and
 * `console.dir` gets none. Characters in the values that could forge a prefix or a line are percent-encoded.
 *
 * Returns a function that restores the console exactly. Methods that other code has replaced since then stay, and
 * still work. If the console is patched twice, lines get one prefix: that of the last call, until its function is
 * called.
 *
 * @example
 * patchConsole();
 * @example
 * const undo = patchConsole({ keys: { requestId: 'request_id' } });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
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
  if (state.patches.length === 0) install();
  state.patches.push(patch);
  return function undo() {
    const at = state.patches.indexOf(patch);
    if (at === -1) return;
    state.patches.splice(at, 1);
    if (state.patches.length === 0) uninstall();
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

function install(): void {
  for (const name of prefixed) {
    replace(name, (args) => {
      const prefix = state.patches.at(-1)?.prefix() ?? '';
      const changed = withPrefix(prefix, args);
      return { args: changed, isPassedOn: (further) => isPrefixed(further, prefix, changed[0]) };
    });
  }
  // It calls `log` with several lines: a prefix would shift the first.
  replace('table', (args) => ({
    args,
    isPassedOn: ([first, ...more]) => more.length === 0 && (first === args[0] || isTable(first)),
  }));
}

function replace(
  name: keyof Console & string,
  begin: (args: unknown[]) => Call & { readonly args: unknown[] },
): void {
  const before = Object.getOwnPropertyDescriptor(console, name);
  const original: unknown = console[name];
  if (typeof original !== 'function') return;
  const { [name]: replacement } = {
    [name](this: unknown, ...args: unknown[]): unknown {
      const outer = state.call;
      // Called by the console itself, or by an older replacement that other code kept. A call that an argument
      // makes, in a getter or `inspect.custom`, writes a separate line.
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

/** Returns whether a call has the prefix already: wrappers may format the text, or put their own before it. */
function isPrefixed(args: readonly unknown[], prefix: string, first: unknown): boolean {
  if (prefix === '') return false;
  return args.some((arg) => typeof arg === 'string' && (arg === first || arg.includes(prefix)));
}

function isTable(text: unknown): boolean {
  return typeof text === 'string' && /^\s*[\u250c+]/.test(text);
}

function uninstall(): void {
  const holder = console as unknown as Record<string, unknown>;
  for (const { name, before, replacement } of state.replaced) {
    // Other code's, which may call ours. Ours adds no prefix by now.
    if (Object.getOwnPropertyDescriptor(holder, name)?.value !== replacement) continue;
    if (before === undefined) delete holder[name];
    else Object.defineProperty(holder, name, before);
  }
  state.replaced = [];
}

/** Adds the prefix. It needs no escape: format specifiers are lower-case letters, and `%5D` is none. */
function withPrefix(prefix: string, args: unknown[]): unknown[] {
  if (prefix === '') return args;
  const [first, ...rest] = args;
  if (typeof first !== 'string') return [prefix.trimEnd(), ...args];
  const blank = /^[\r\n]*/.exec(first)?.[0] ?? '';
  return [`${blank}${prefix}${first.slice(blank.length)}`, ...rest];
}
