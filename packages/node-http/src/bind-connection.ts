import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import {
  defineMethod,
  findRequestScope,
  type Method,
  runWithoutScope,
} from '@request-context/core/adapter';

/** A socket of an HTTP/1 server, which has the response that is being written to it. */
type Connection = Socket & { readonly _httpMessage?: { readonly req?: IncomingMessage } | null };

const bound = new WeakSet<object>();

/**
 * Detaches a connection's timer from the requests that come and go on it.
 *
 * - 'timeout' is emitted in the scope of the current response's request. The timer may have been started before
 *   there was a request. Fastify's onTimeout hooks run from there.
 * - The timer starts outside of any scope. Node starts it by a listener for the response's 'finish', so the
 *   timer of a connection that waits for its next request would hold the scope of the last one.
 */
export function bindConnection(socket: Connection | null | undefined): void {
  // Requests that are made by hand may have no socket.
  if (socket == null || bound.has(socket)) return;
  bound.add(socket);
  const below: Record<string, unknown> = Object.create(Object.getPrototypeOf(socket));
  const methods = methodsOver(below);
  for (const name of Object.keys(methods)) {
    const present: unknown = Reflect.get(socket, name);
    if (typeof present !== 'function') continue;
    if (Object.hasOwn(socket, name)) below[name] = present;
    defineMethod(socket, name, methods[name] as Method);
  }
}

/** Returns the methods of a connection, over those that it has or inherits, which each call looks up. */
function methodsOver(below: object): Record<string, Method> {
  const methods = {
    emit(this: Connection, event: unknown, ...args: unknown[]): unknown {
      return event === 'timeout'
        ? emitTimeout.call(this, super.emit, event, ...args)
        : super.emit(event, ...args);
    },
    setTimeout(this: Connection, ...args: unknown[]): unknown {
      return runWithoutScope(Reflect.apply, super.setTimeout, this, args);
    },
  };
  return Object.setPrototypeOf(methods, below);
}

function emitTimeout(this: Connection, emit: Method, ...args: unknown[]): unknown {
  const req = this._httpMessage?.req;
  const scope = req && findRequestScope(req);
  return scope === undefined
    ? Reflect.apply(emit, this, args)
    : scope.run(Reflect.apply, emit, this, args);
}
