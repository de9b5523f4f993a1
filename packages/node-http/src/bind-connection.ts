import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { findRequestScope, replaceMethod, runOutside } from '@request-context/core';

/** A socket of an HTTP/1 server, which knows the response that is being written to it. */
type Connection = Socket & { readonly _httpMessage?: { readonly req?: IncomingMessage } | null };

/** How long, in milliseconds, a connection may wait for its next request until its timer is moved. */
const patience = 100;

const bound = new WeakSet<object>();
/** Connections that began to wait since the last look. */
const waiting = new Set<Connection>();

/**
 * Puts a connection's timer where it belongs, once a connection: it is the connection's own, while
 * requests come and go.
 *
 * - 'timeout' is emitted in the scope of the request that is being answered. The timer may have been
 *   started before there was a request; Fastify's onTimeout hooks are called from there.
 * - The timer of a connection that waits for its next request does not hold the scope of its last one,
 *   in which Node starts it, by a listener for the response's 'finish'. It is started again outside of
 *   any scope; not at once, as on a busy connection the next request comes first.
 */
export function bindConnection(socket: Connection | undefined): void {
  // Requests that are made by hand may have none.
  if (socket === undefined || bound.has(socket)) return;
  bound.add(socket);
  replaceMethod(socket, 'emit', (emit) => {
    return function (...args: unknown[]): unknown {
      const req = args[0] === 'timeout' ? this._httpMessage?.req : undefined;
      const scope = req && findRequestScope(req);
      return scope === undefined
        ? Reflect.apply(emit, this, args)
        : scope.run(Reflect.apply, emit, this, args);
    };
  });
  replaceMethod(socket, 'setTimeout', (inherited) => {
    return function (...args: unknown[]): unknown {
      if (isWaiting(this)) {
        if (waiting.size === 0) runOutside(setTimeout, moveTimers, patience).unref();
        waiting.add(this);
      }
      return Reflect.apply(inherited, this, args);
    };
  });
}

/** Node has taken the last response off by the time that it starts the timer. */
function isWaiting({ _httpMessage }: Connection): boolean {
  return _httpMessage === null;
}

function moveTimers(): void {
  for (const socket of waiting) {
    if (isWaiting(socket) && socket.timeout) socket.setTimeout(socket.timeout);
  }
  waiting.clear();
}
