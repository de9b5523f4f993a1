import { type Check, checkOptions } from '../internal/check-options.ts';
import { describe, describeKey } from '../internal/describe.ts';
import { InvalidOptionError } from '../internal/invalid-option-error.ts';
import { bindEmitter, type Emitter } from './bind-emitter.ts';
import { type ContextState, createContextState, defaultState } from './context-state.ts';
import { MissingValueError } from './missing-value-error.ts';
import { NoContextError } from './no-context-error.ts';
import {
  type Clone,
  clearValues,
  createScope,
  deleteValue,
  hasValue,
  type Inherit,
  inheritScope,
  readValue,
  type Scope,
  visibleValues,
  writeValue,
  writeValues,
} from './scope.ts';

/**
 * The values of the process's default context. Add your own keys by declaration merging, under the name of
 * the package that you installed:
 *
 * ```ts
 * declare module '@request-context/express' {
 *   interface ContextValues { tenant: string }
 * }
 * ```
 */
export interface ContextValues {
  /** The id of the request that is being handled. Its response carries it, so it cannot be changed. */
  requestId: string;
  /** The id that the client sent, if it was rejected or not trusted; made safe to log. */
  rejectedRequestId?: string;
  /**
   * The id of the request or task that caused this one, where that has an id of its own: a child job, or a run of a
   * schedule. It is never read from a header.
   */
  parentRequestId?: string;
}

/** Options of {@link createContext}: how a context passes its values on to child tasks. */
export interface ContextOptions {
  /**
   * The name that debuggers show, from Node 24 on.
   * @default 'context'
   */
  name?: string | undefined;
  /**
   * How `fork` inherits by default.
   * @default 'share'
   */
  inherit?: Inherit | undefined;
  /**
   * Returns the child's value for a key, when a fork inherits by `copy`. Called once for each key.
   * @default a deep copy of data; functions and class instances are kept as they are
   */
  clone?: Clone | undefined;
}

/** Options of one {@link Context.fork}. */
export interface ForkOptions<V> {
  /** How the child inherits. @default the `inherit` of the context */
  inherit?: Inherit | undefined;
  /**
   * Values to set in the child before its task starts. With `share`, the parent sees them too.
   * @default none
   */
  values?: Partial<V> | undefined;
}

/** Runs a function in the scope that was current when {@link Context.snapshot} was called. */
export type Snapshot = <A extends unknown[], T>(fn: (...args: A) => T, ...args: A) => T;

/**
 * Values scoped to a task: visible to all the code it runs, through `await`, timers, events and plain calls,
 * and to no other task. The methods need no `this`.
 */
export interface Context<V> {
  /**
   * Runs `task` as a fresh root, with a copy of `values` and nothing inherited. Returns its result.
   *
   * @example
   * context.run({ requestId: 'myid' }, () => handle(job));
   */
  run<T>(values: Partial<V>, task: () => T): T;
  /**
   * Runs `task` as a child task, which inherits the current values by `share`, `copy` or `chain`. Outside any
   * context, it starts an empty one. Returns the task's result.
   *
   * @example
   * context.fork(() => audit(order), { inherit: 'chain', values: { step: 'audit' } });
   */
  fork<T>(task: () => T, options?: ForkOptions<V>): T;
  /**
   * Returns the value for `key`; undefined when there is none, or no context. Never throws.
   *
   * @example
   * context.get('requestId'); // 'myid'
   */
  get<K extends keyof V>(key: K): V[K] | undefined;
  /**
   * Returns the value for `key`, or `fallback` where `get(key)` is undefined. Never throws.
   *
   * @example
   * context.get('requestId', '-'); // '-' outside any context
   */
  get<K extends keyof V, F>(key: K, fallback: F): Exclude<V[K], undefined> | F;
  /**
   * Returns the value for `key`, which must exist.
   *
   * @example
   * const tenant = context.require('tenant');
   *
   * @throws {NoContextError} outside any context
   * @throws {MissingValueError} when there is no value, or it is undefined
   */
  require<K extends keyof V>(key: K): Exclude<V[K], undefined>;
  /**
   * Sets the value for `key`. The `requestId` of a request is fixed, as its response carries it: setting
   * another has no effect, and emits a process warning once. A child by `copy` or `chain`, and a task of `run`,
   * can have its own id.
   *
   * @example
   * context.set('tenant', 'acme');
   *
   * @throws {NoContextError} outside any context
   */
  set<K extends keyof V>(key: K, value: V[K]): void;
  /** Returns whether a value is visible for `key`, even if it is undefined. Never throws. */
  has(key: keyof V): boolean;
  /**
   * Removes the value for `key`. Returns whether there was one to remove. In a child by `chain`, only the
   * child's own value is removed, and the parent's shows again. The `requestId` of a request stays.
   *
   * @throws {NoContextError} outside any context
   */
  delete(key: keyof V): boolean;
  /**
   * Removes all values; in a child by `chain`, only the child's own. The `requestId` of a request stays.
   *
   * @throws {NoContextError} outside any context
   */
  clear(): void;
  /** Whether the code runs inside a context. */
  readonly active: boolean;
  /** Returns a plain object with all visible values; empty outside any context. */
  toObject(): Partial<V>;
  /**
   * Returns a function that runs `fn` in the scope that is current now, wherever it is called. It passes on
   * `this` and the arguments, and has the own properties of `fn`, such as its name, its length and what
   * `util.promisify` looks for. A function that is bound outside any context runs outside any.
   *
   * @example
   * pool.acquire(context.bind((error, connection) => use(connection)));
   */
  bind<F extends (...args: never[]) => unknown>(fn: F): F;
  /**
   * Captures the current scope, for running any function in it later.
   *
   * @example
   * const inThisRequest = context.snapshot();
   * queue.push(() => inThisRequest(work, 1, 2));
   */
  snapshot(): Snapshot;
  /**
   * Makes everything that `emitter` emits from now on run in the current scope, regardless of where and when
   * a listener was added. Listeners are not wrapped: the emitter gets its own, non-enumerable `emit`. Binding it
   * again moves it to the scope that is current then. Returns the emitter.
   *
   * @example
   * context.bindEmitter(client.query(new Query(sql))).on('row', (row) => handle(row));
   */
  bindEmitter<E extends Emitter>(emitter: E): E;
}

/** Properties that `bind` does not copy from a function, or copies before all others. */
const notCopied = new Set(['name', 'length', 'prototype', 'caller', 'arguments']);
const noOptions = Object.freeze({});
const inheritModes = "'share', 'copy' or 'chain'";
const checks: { readonly [K in keyof Required<ContextOptions>]: Check } = {
  name: [(value) => typeof value === 'string', 'a string'],
  inherit: [isInherit, inheritModes],
  clone: [(value) => typeof value === 'function', 'a function'],
};

/**
 * Creates a context that is independent of the default one.
 *
 * @example
 * const trace = createContext<{ step: string }>({ name: 'trace', inherit: 'chain' });
 */
export function createContext<V extends object = Record<PropertyKey, unknown>>(
  options: ContextOptions = {},
): Context<V> {
  const { name = 'context', inherit, clone } = checkOptions(options, checks);
  return contextOver<V>(createContextState(name), inherit, clone);
}

/** The process's default context, which every adapter uses. All copies of this package share its values. */
export const context: Context<ContextValues> = contextOver(defaultState);

function contextOver<V>(
  state: ContextState,
  defaultInherit: Inherit = 'share',
  clone?: Clone,
): Context<V> {
  const { storage } = state;

  function current(method: string, key?: PropertyKey): Scope {
    const scope = storage.getStore();
    if (scope === undefined) {
      throw new NoContextError(`context.${method}(${key === undefined ? '' : describeKey(key)})`);
    }
    return scope;
  }

  function get<K extends keyof V, F>(key: K, fallback?: F): V[K] | F | undefined {
    const value = readValue(storage.getStore(), key) as V[K] | undefined;
    return value === undefined ? fallback : value;
  }

  return Object.freeze<Context<V>>({
    run(values, task) {
      checkTask('run(values, task)', task);
      return storage.run(createScope(values), task);
    },
    fork(task, options) {
      checkTask('fork(task, options)', task);
      const { inherit = defaultInherit, values } = ownOptions(options);
      if (!isInherit(inherit)) {
        throw new InvalidOptionError(
          'inherit',
          `must be ${inheritModes}, but is ${describe(inherit)}.`,
        );
      }
      const parent = storage.getStore();
      const scope = parent === undefined ? createScope() : inheritScope(parent, inherit, clone);
      if (values !== undefined) writeValues(scope, values);
      return storage.run(scope, task);
    },
    get: get as Context<V>['get'],
    require(key) {
      const value = readValue(current('require', key), key);
      if (value === undefined) throw new MissingValueError(key);
      return value as Exclude<V[typeof key], undefined>;
    },
    set(key, value) {
      writeValue(current('set', key), key, value);
    },
    has(key) {
      return hasValue(storage.getStore(), key);
    },
    delete(key) {
      return deleteValue(current('delete', key), key);
    },
    clear() {
      clearValues(current('clear'));
    },
    get active() {
      return storage.getStore() !== undefined;
    },
    toObject() {
      return { ...visibleValues(storage.getStore()) } as Partial<V>;
    },
    bind(fn) {
      checkTask('bind(fn)', fn);
      const scope = storage.getStore();
      function bound(this: unknown, ...args: never[]): unknown {
        return storage.run(scope, Reflect.apply, fn, this, args);
      }
      copyProperties(fn, bound);
      return bound as typeof fn;
    },
    snapshot() {
      const scope = storage.getStore();
      return (fn, ...args) => {
        checkTask('snapshot()(fn)', fn);
        return storage.run(scope, fn, ...args);
      };
    },
    bindEmitter(emitter) {
      if (typeof emitter?.emit !== 'function') {
        throw new TypeError(
          `context.bindEmitter(emitter) needs an emitter, but was given ${describe(emitter)}.`,
        );
      }
      if (!bindEmitter(state, storage.getStore(), emitter)) {
        throw new TypeError('context.bindEmitter(emitter) needs an emitter that is not frozen.');
      }
      return emitter;
    },
  });
}

/** Copies a function's own properties, such as `util.promisify.custom`. Calls no accessor. */
function copyProperties(from: (...args: never[]) => unknown, to: object): void {
  // Nearly all functions have only these two.
  Object.defineProperty(to, 'name', { value: from.name, configurable: true });
  Object.defineProperty(to, 'length', { value: from.length, configurable: true });
  for (const key of Reflect.ownKeys(from)) {
    if (typeof key === 'string' && notCopied.has(key)) continue;
    Object.defineProperty(
      to,
      key,
      Object.getOwnPropertyDescriptor(from, key) as PropertyDescriptor,
    );
  }
}

function checkTask(call: string, task: unknown): void {
  if (typeof task !== 'function') {
    throw new TypeError(`context.${call} needs a function, but was given ${describe(task)}.`);
  }
}

/** Returns the options without inherited properties, which do not count. */
function ownOptions<V>(options: ForkOptions<V> | undefined): ForkOptions<V> {
  if (options === undefined) return noOptions;
  return Object.getPrototypeOf(options) === Object.prototype ? options : { ...options };
}

function isInherit(value: unknown): value is Inherit {
  return value === 'share' || value === 'copy' || value === 'chain';
}
