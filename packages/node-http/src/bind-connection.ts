import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import {
  findRequestScope,
  type Method,
  replaceMethod,
  runOutside,
} from '@request-context/core/adapter';

/** A socket of an HTTP/1 server, which knows the response that is being written to it. */
type Connection = Socket & { readonly _httpMessage?: { readonly req?: IncomingMessage } | null };

const bound = new WeakSet<object>();

/**
 * Puts a connection's timer where it belongs: it is the connection's own, while requests come and go.
 *
 * - 'timeout' is emitted in the scope of the request that is being answered. The timer may have been
 *   started before there was a request; Fastify's onTimeout hooks are called from there.
 * - The timer is started outside of any scope. That of a connection that waits for its next request would
 *   hold the scope of the last one, as Node starts it by a listener for the response's 'finish'.
 */
export function bindConnection(socket: Connection | null | undefined): void {
  // Requests that are made by hand may have none.
  if (socket == null || bound.has(socket)) return;
  bound.add(socket);
  replaceMethod(socket, 'emit', (emit) => {
    return function (event: unknown, ...args: unknown[]): unknown {
      return event === 'timeout'
        ? emitTimeout.call(this, emit, event, ...args)
        : emit.call(this, event, ...args);
    };
  });
  replaceMethod(socket, 'setTimeout', (setTimeout) => {
    return function (...args: unknown[]): unknown {
      return runOutside(Reflect.apply, setTimeout, this, args);
    };
  });
}

function emitTimeout(this: Connection, emit: Method, ...args: unknown[]): unknown {
  const req = this._httpMessage?.req;
  const scope = req && findRequestScope(req);
  return scope === undefined
    ? Reflect.apply(emit, this, args)
    : scope.run(Reflect.apply, emit, this, args);
}
