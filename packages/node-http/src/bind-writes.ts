import type { Socket } from 'node:net';
import { type RequestScope, replaceMethod } from '@request-context/core/adapter';
import type { RawResponse } from './incoming.ts';

/**
 * Whether what is written to the response may go out together with what the response before it has
 * written, whose context then calls back: it waits for its turn, or the connection still has something
 * to send. Runtimes that do not tell count as if it were so.
 */
export function sharesWrites(res: RawResponse, socket: Socket | undefined): boolean {
  if (socket === undefined) return true;
  const { _httpMessage: answering } = socket as { _httpMessage?: unknown };
  // None yet: the connection is free.
  const waits = answering != null && answering !== res;
  return waits || socket.writableLength !== 0 || socket.writableCorked !== 0;
}

/**
 * Makes the callbacks of `res.write` and `res.end` run in the request's scope. (Before version 24 Node
 * calls back for `end` by a listener for 'finish', which is in the scope anyway.)
 */
export function bindWrites(res: RawResponse, scope: RequestScope): void {
  for (const name of ['write', 'end'] as const) {
    replaceMethod(res, name, (method) => {
      return function (...args: unknown[]): unknown {
        const bound = args.map((arg) => (typeof arg === 'function' ? inScope(arg, scope) : arg));
        return Reflect.apply(method, this, bound);
      };
    });
  }
}

// biome-ignore lint/complexity/noBannedTypes: called with what it is given
function inScope(callback: Function, scope: RequestScope): (...args: unknown[]) => unknown {
  return (...args) => scope.run(Reflect.apply, callback, undefined, args);
}
