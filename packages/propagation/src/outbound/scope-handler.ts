import type { Snapshot } from '@request-context/core';
import type { Method } from '@request-context/core/adapter';

/**
 * Returns a handler of undici whose callbacks run in a scope. Retries and redirects are dispatched from them.
 *
 * Of undici's two kinds of handlers, each has other methods, and undici tells them apart by those that are there.
 *
 * @param run - Runs a function in the scope.
 */
export function scopeHandler(handler: object, run: Snapshot): object {
  return new Proxy<Record<PropertyKey, unknown>>(
    {},
    {
      get(scoped, key) {
        // undici's proxy client replaces methods of the handler.
        if (Object.hasOwn(scoped, key)) return scoped[key];
        const method: unknown = Reflect.get(handler, key);
        if (typeof method !== 'function') return method;
        const callback = (...args: unknown[]): unknown =>
          run(Reflect.apply, Reflect.get(handler, key) as Method, handler, args);
        scoped[key] = callback;
        return callback;
      },
    },
  );
}
