import type { Socket } from 'node:net';
import { runOutside } from '@request-context/core';
import type { RawResponse } from './incoming.ts';
import { replaceMethod } from './replace-method.ts';

/**
 * Keeps a connection that waits for its next request from holding the scope of its last one. Node
 * starts the keep-alive timer by a listener for the response's 'finish', and so in its scope; here it
 * is started again, outside of any.
 */
export function idleOutside(res: RawResponse): void {
  replaceMethod(res, 'emit', (emit) => {
    return function (...args: unknown[]): unknown {
      if (args[0] !== 'finish') return Reflect.apply(emit, this, args);
      // Node takes the socket away in the course of it.
      const { socket } = this;
      const result = Reflect.apply(emit, this, args);
      if (socket != null && isIdle(socket)) runOutside(restartTimer, socket);
      return result;
    };
  });
}

function isIdle(socket: object): socket is Socket {
  const { timeout, _httpMessage } = socket as { timeout?: number; _httpMessage?: unknown };
  return Boolean(timeout) && _httpMessage === null;
}

function restartTimer(socket: Socket): void {
  socket.setTimeout(Number(socket.timeout));
}
