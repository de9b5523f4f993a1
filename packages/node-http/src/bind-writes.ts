import type { RequestScope } from '@request-context/core';
import type { RawResponse } from './incoming.ts';

/**
 * Makes the callbacks of `res.write` run in the request's scope. Only a pipelined answer needs it: it
 * waits for its turn, and is then written by what ends the answer before it.
 */
export function bindWrites(res: RawResponse, scope: RequestScope): void {
  // biome-ignore lint/complexity/noBannedTypes: called with what it is given
  const write: Function = res.write;
  Object.defineProperty(res, 'write', {
    configurable: true,
    enumerable: false,
    writable: true,
    value: function (this: unknown, ...args: unknown[]): unknown {
      const bound = args.map((arg) => (typeof arg === 'function' ? inScope(arg, scope) : arg));
      return Reflect.apply(write, this, bound);
    },
  });
}

// biome-ignore lint/complexity/noBannedTypes: called with what it is given
function inScope(callback: Function, scope: RequestScope): (...args: unknown[]) => unknown {
  return (...args) => scope.run(Reflect.apply, callback, undefined, args);
}
