import type { Method } from '@request-context/core/adapter';
import { isObject } from '../internal/is-object.ts';

/** What is known of a dispatcher of undici. It has no public names for this. */
export interface DispatcherFacts {
  /** The origin to which a client or pool keeps; undefined for others. */
  readonly origin: string | undefined;
  /** Makes the connections of a client. All clients of a pool have the same one. */
  readonly connector: object | undefined;
  /**
   * Whether calls come from the queue of a pool, in anyone's scope: the dispatcher is a client of a pool, or a pool of a
   * balanced pool.
   */
  readonly isQueued: boolean;
  /** The key of the version of HTTP that a client of undici 5 speaks. */
  readonly versionKey: symbol | undefined;
}

const factsOf = new WeakMap<object, DispatcherFacts>();

/** Returns what is known of a dispatcher. */
export function dispatcherFacts(dispatcher: object): DispatcherFacts {
  let facts = factsOf.get(dispatcher);
  if (facts === undefined) {
    facts = readFacts(dispatcher);
    factsOf.set(dispatcher, facts);
  }
  return facts;
}

function readFacts(dispatcher: object): DispatcherFacts {
  const keys = new Map(
    Object.getOwnPropertySymbols(dispatcher).map((key) => [key.description, key]),
  );
  const valueOf = (description: string): unknown => {
    const key = keys.get(description);
    return key === undefined ? undefined : Reflect.get(dispatcher, key);
  };
  const url = valueOf('url');
  const connector = valueOf('connector');
  const isPool = keys.has('clients');
  return {
    origin: url instanceof URL ? url.origin : undefined,
    connector: typeof connector === 'function' ? connector : undefined,
    // Only balanced pools weigh.
    isQueued: keys.has('kWeight') || (!isPool && hasOwner(dispatcher)),
    versionKey: keys.get('http connection version'),
  };
}

/** Returns the socket of a client that is connected; undefined for one that is not. */
export function socketOf(client: object): unknown {
  const symbols = Object.getOwnPropertySymbols(client);
  const key = symbols.find(({ description }) => description === 'socket');
  return (key === undefined ? undefined : Reflect.get(client, key)) ?? undefined;
}

/** Returns whether a pool or an agent listens to a client. */
function hasOwner(dispatcher: object): boolean {
  const { listenerCount } = dispatcher as { listenerCount?: (event: string) => number };
  const listens = (event: string) => (listenerCount?.call(dispatcher, event) ?? 0) > 0;
  return listens('drain') && listens('connectionError');
}

/**
 * Returns the prototype of the base class that a dispatcher's class, or a class's prototype, extends: the one whose
 * `dispatch` all clients, pools and agents of that copy of undici have. Returns undefined for anything else.
 */
export function findBase(dispatcher: unknown): { dispatch: Method } | undefined {
  let base = dispatcher;
  while (isObject(base)) {
    if (isBase(base)) return base;
    base = Object.getPrototypeOf(base);
  }
  return undefined;
}

/**
 * Returns whether a dispatcher extends the `Dispatcher` of a copy of undici, so that its clients publish their requests.
 * `fetch` takes any object that has a `dispatch`.
 */
export function isOfUndici(dispatcher: unknown): boolean {
  if (typeof dispatcher !== 'object' || dispatcher === null) return false;
  let prototype: unknown = Object.getPrototypeOf(dispatcher);
  while (typeof prototype === 'object' && prototype !== null) {
    const type = prototype;
    if (['dispatch', 'close', 'destroy'].every((name) => Object.hasOwn(type, name))) return true;
    prototype = Object.getPrototypeOf(type);
  }
  return false;
}

/** The keys of the global dispatchers. The first is that of undici 5 to 7, the second that of undici 8. */
const globalKeys = [1, 2, 3].map((version) => Symbol.for(`undici.globalDispatcher.${version}`));

/** Returns the global dispatchers. */
export function globalDispatchers(): unknown[] {
  return globalKeys.map((key) => Reflect.get(globalThis, key)).filter((one) => one !== undefined);
}

function isBase(prototype: object): prototype is { dispatch: Method } {
  // Its own base class has no `destroyed`.
  return Object.hasOwn(prototype, 'dispatch') && Object.hasOwn(prototype, 'destroyed');
}
