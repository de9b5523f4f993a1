import type { Snapshot } from '@request-context/core';
import type { Method } from '@request-context/core/adapter';

/**
 * Returns a handler of undici whose callbacks run in a scope. Retries and redirects are dispatched from them.
 *
 * undici has two kinds of handlers, and distinguishes them by the methods that are there.
 *
 * @param run - Runs a function in the scope.
 */
export function scopeHandler(handler: object, run: Snapshot): object {
  return new Proxy(new Callbacks(), new ScopeTraps(handler, run));
}

/** The callbacks that have been asked for. An empty object without a prototype, which V8 lays out as a plain one. */
const Callbacks = function Callbacks() {} as unknown as new () => Record<PropertyKey, unknown>;
Callbacks.prototype = Object.freeze(Object.create(null));

/** Traps with a prototype cost less than an object of closures for each handler. */
class ScopeTraps implements ProxyHandler<Record<PropertyKey, unknown>> {
  readonly #handler: object;
  readonly #run: Snapshot;

  constructor(handler: object, run: Snapshot) {
    this.#handler = handler;
    this.#run = run;
  }

  get(scoped: Record<PropertyKey, unknown>, key: PropertyKey): unknown {
    // Made before, or set by undici: its proxy client replaces methods of the handler.
    const known = scoped[key];
    if (known !== undefined) return known;
    const handler = this.#handler;
    const run = this.#run;
    const method: unknown = Reflect.get(handler, key);
    if (typeof method !== 'function') return method;
    const callback = (...args: unknown[]): unknown =>
      run(Reflect.apply, Reflect.get(handler, key) as Method, handler, args);
    scoped[key] = callback;
    return callback;
  }
}

/**
 * Returns a body whose parts are made in a scope, if it is a generator or the like: undici reads it in the scope of who
 * opened the connection. A stream is read wherever it is asked to read, and is returned as it is, as is anything else.
 *
 * @param run - Runs a function in the scope.
 */
export function scopeBody(body: unknown, run: Snapshot): unknown {
  if (!isGenerator(body)) return body;
  return {
    [Symbol.asyncIterator]() {
      const parts = run(() => body[Symbol.asyncIterator]());
      return {
        next: () => run(() => parts.next()),
        return: async (value: unknown) =>
          (await run(() => parts.return?.(value))) ?? { done: true as const, value },
      };
    },
  };
}

function isGenerator(body: unknown): body is AsyncIterable<unknown> {
  if (typeof body !== 'object' || body === null || !(Symbol.asyncIterator in body)) return false;
  return !('pipe' in body) && !('pipeTo' in body);
}
