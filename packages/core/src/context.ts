import { bindEmitterTo, type Emitter } from './bind-emitter.ts';
import { type Check, checkOptions } from './check-options.ts';
import {
  describe,
  describeKey,
  InvalidOptionError,
  MissingValueError,
  NoContextError,
} from './errors.ts';
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
import { type ContextState, createContextState, processState } from './storage.ts';

/**
 * The values of the process's default context. Add your own keys by declaration merging, with the
 * name of the package that you installed:
 *
 * ```ts
 * declare module '@request-context/express' {
 *   interface ContextValues { tenant: string }
 * }
 * ```
 */
export interface ContextValues {
  /** The id of the request that is being handled: that of its response, which cannot be changed. */
  requestId: string;
  /** What the client sent as its id and was not adopted, made safe to log; absent when it was. */
  rejectedRequestId?: string;
}

/** How a context passes its values on to child tasks. */
export interface ContextOptions {
  /**
   * Shown in debuggers, from Node 24 on.
   * @default 'context'
   */
  name?: string | undefined;
  /**
   * How `fork` inherits unless it is told otherwise.
   * @default 'share'
   */
  inherit?: Inherit | undefined;
  /**
   * Makes the child's value, once for each key, when a fork inherits by `copy`.
   * @default a deep copy of data; functions and instances of classes are kept as they are
   */
  clone?: Clone | undefined;
}

/** Options of one {@link Context.fork}. */
export interface ForkOptions<V> {
  /** How the child inherits. @default the `inherit` of the context */
  inherit?: Inherit | undefined;
  /** Values to set in the child before its task starts. With `share` the parent sees them too. */
  values?: Partial<V> | undefined;
}

/** Runs a function in the scope that was current when {@link Context.snapshot} was called. */
export type Snapshot = <A extends unknown[], T>(fn: (...args: A) => T, ...args: A) => T;

/**
 * A store of values for each task. What a task starts, through `await`, timers, events or plain
 * calls, sees the same values; other tasks never do. The methods need no `this`.
 */
export interface Context<V> {
  /**
   * Runs `task` as a fresh root, with a copy of `values` and nothing inherited. Returns what `task`
   * returns.
   *
   * @example
   * context.run({ requestId: 'myid' }, () => handle(job));
   */
  run<T>(values: Partial<V>, task: () => T): T;
  /**
   * Runs `task` as a child task, which inherits the current values by `share`, `copy` or `chain`.
   * Outside any context it starts an empty one. Returns what `task` returns.
   *
   * @example
   * context.fork(() => audit(order), { inherit: 'chain', values: { step: 'audit' } });
   */
  fork<T>(task: () => T, options?: ForkOptions<V>): T;
  /** The value for `key`; undefined when there is none, or no context. Never throws. */
  get<K extends keyof V>(key: K): V[K] | undefined;
  /** The value for `key`, or `fallback` where `get(key)` is undefined. Never throws. */
  get<K extends keyof V, F>(key: K, fallback: F): Exclude<V[K], undefined> | F;
  /**
   * The value for `key`, which must be there.
   *
   * @throws {NoContextError} outside any context
   * @throws {MissingValueError} when there is no value, or it is undefined
   */
  require<K extends keyof V>(key: K): Exclude<V[K], undefined>;
  /**
   * Sets the value for `key`. The `requestId` of a request stays, as its response carries it: to set another
   * has no effect but a process warning, once. A child by `copy` or `chain`, and a task of `run`, may have an
   * id of its own.
   *
   * @throws {NoContextError} outside any context
   */
  set<K extends keyof V>(key: K, value: V[K]): void;
  /** Whether a value is visible for `key`, be it undefined. Never throws. */
  has(key: keyof V): boolean;
  /**
   * Removes the value for `key`; says whether there was one to remove. In a child by `chain` only
   * its own goes, and the parent's shows again. The `requestId` of a request stays.
   *
   * @throws {NoContextError} outside any context
   */
  delete(key: keyof V): boolean;
  /**
   * Removes all values; in a child by `chain` its own alone. The `requestId` of a request stays.
   *
   * @throws {NoContextError} outside any context
   */
  clear(): void;
  /** Whether the code runs inside a context. */
  readonly active: boolean;
  /** A plain object with all values that are visible; empty outside any context. */
  toObject(): Partial<V>;
  /**
   * Returns a function that runs `fn` in the scope that is current now, whoever calls it. It keeps
   * `this`, arguments and the function's own properties, such as name, length and what
   * `util.promisify` looks for. Made outside any context, it runs `fn` outside any.
   *
   * @example
   * pool.acquire(context.bind((error, connection) => use(connection)));
   */
  bind<F extends (...args: never[]) => unknown>(fn: F): F;
  /**
   * Keeps the current scope, for running any function in it later.
   *
   * @example
   * const inThisRequest = context.snapshot();
   * queue.push(() => inThisRequest(work, 1, 2));
   */
  snapshot(): Snapshot;
  /**
   * Makes everything that `emitter` emits from now on run in the current scope, whoever added the
   * listener, and when. Listeners are not wrapped: the emitter gets its own, non-enumerable `emit`.
   * Bound again, it moves to the scope that is current then. Returns the emitter.
   */
  bindEmitter<E extends Emitter>(emitter: E): E;
}

/** Properties that are not copied from one function to another, or were. */
const ownToEach = new Set(['name', 'length', 'prototype', 'caller', 'arguments']);
const noOptions = Object.freeze({});
const inheritModes = "'share', 'copy' or 'chain'";
const checks: { readonly [K in keyof Required<ContextOptions>]: Check } = {
  name: [(value) => typeof value === 'string', 'a string'],
  inherit: [isInherit, inheritModes],
  clone: [(value) => typeof value === 'function', 'a function'],
};

/**
 * Makes a context of its own, apart from the default one.
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

/** The process's default context, which every adapter uses. All copies of the package share its values. */
export const context: Context<ContextValues> = contextOver(processState.context);

const defaultStorage = processState.context.storage;

/** The id of the request that is being handled; undefined outside of any. */
export function getRequestId(): string | undefined {
  // What get('requestId') does, in one step less: this is called for every log line.
  const scope = defaultStorage.getStore();
  if (scope === undefined) return undefined;
  let id = scope.values.requestId;
  if (id === undefined && scope.parent !== undefined) id = readValue(scope, 'requestId');
  return id as string | undefined;
}

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
      if (!bindEmitterTo(state, storage.getStore(), emitter)) {
        throw new TypeError('context.bindEmitter(emitter) needs an emitter that is not frozen.');
      }
      return emitter;
    },
  });
}

/** Copies a function's own properties, such as `util.promisify.custom`. No accessor is called. */
function copyProperties(from: (...args: never[]) => unknown, to: object): void {
  // These two nearly all functions have, and no others.
  Object.defineProperty(to, 'name', { value: from.name, configurable: true });
  Object.defineProperty(to, 'length', { value: from.length, configurable: true });
  for (const key of Reflect.ownKeys(from)) {
    if (typeof key === 'string' && ownToEach.has(key)) continue;
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

/** What is inherited is no option, here as in `createContext`. */
function ownOptions<V>(options: ForkOptions<V> | undefined): ForkOptions<V> {
  if (options === undefined) return noOptions;
  return Object.getPrototypeOf(options) === Object.prototype ? options : { ...options };
}

function isInherit(value: unknown): value is Inherit {
  return value === 'share' || value === 'copy' || value === 'chain';
}
