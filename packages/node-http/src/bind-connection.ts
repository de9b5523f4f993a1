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

/** How long, in milliseconds, connections go on before they are looked at. */
const patience = 100;

const bound = new WeakSet<object>();
/** Connections that had a request since the last look, or were still busy with one then. */
const used = new Set<Connection>();

/**
 * Puts a connection's timer where it belongs: it is the connection's own, while requests come and go.
 *
 * - 'timeout' is emitted in the scope of the request that is being answered. The timer may have been
 *   started before there was a request; Fastify's onTimeout hooks are called from there.
 * - The timer of a connection that waits for its next request does not hold the scope of its last one,
 *   in which Node starts it, by a listener for the response's 'finish'. It is started again outside of
 *   any scope; not at once, as on a busy connection the next request comes first.
 */
export function bindConnection(socket: Connection | undefined): void {
  // Requests that are made by hand may have none.
  if (socket === undefined || used.has(socket)) return;
  if (used.size === 0) lookLater();
  used.add(socket);
  if (bound.has(socket)) return;
  bound.add(socket);
  replaceMethod(socket, 'emit', (emit) => {
    return function (event: unknown, ...args: unknown[]): unknown {
      return event === 'timeout'
        ? emitTimeout.call(this, emit, event, ...args)
        : emit.call(this, event, ...args);
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

function lookLater(): void {
  runOutside(setTimeout, moveTimers, patience).unref();
}

function moveTimers(): void {
  for (const socket of used) {
    const isBusy = socket._httpMessage != null && !socket.destroyed;
    if (isBusy) continue;
    used.delete(socket);
    // Node has taken the last response off by the time that it starts the timer.
    if (socket._httpMessage === null && socket.timeout) socket.setTimeout(socket.timeout);
  }
  if (used.size !== 0) lookLater();
}
