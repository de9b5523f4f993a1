import type { IncomingMessage } from 'node:http';
import { findRequestScope } from '@request-context/core';
import { replaceMethod } from './replace-method.ts';

/** A socket of an HTTP/1 server, which knows the response that is being written to it. */
interface ServerSocket {
  readonly _httpMessage?: { readonly req?: IncomingMessage } | null;
  emit(...args: never[]): unknown;
}

const known = new WeakSet<object>();

/**
 * Makes a connection's 'timeout' run in the scope of the request that is being answered on it. The
 * timer is the connection's, and was started before there was a request; Fastify's onTimeout hooks
 * are called from there.
 */
export function timeoutInside(socket: ServerSocket | undefined): void {
  // Requests that are made by hand may have none.
  if (socket === undefined || known.has(socket)) return;
  known.add(socket);
  replaceMethod(socket, 'emit', (emit) => {
    return function (...args: unknown[]): unknown {
      const req = args[0] === 'timeout' ? this._httpMessage?.req : undefined;
      const scope = req && findRequestScope(req);
      return scope === undefined
        ? Reflect.apply(emit, this, args)
        : scope.run(Reflect.apply, emit, this, args);
    };
  });
}
