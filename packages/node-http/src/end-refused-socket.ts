import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
// Imported by name: fake timers replace the module's functions later.
import { setTimeout as startTimer, clearTimeout as stopTimer } from 'node:timers';

/** A socket of an HTTP/1 server, which has the response that is being written to it. */
type HttpSocket = Duplex & { readonly _httpMessage?: ServerResponse | null };

/** Milliseconds that a refused client has to read the response and to close its side. */
const lingerTimeout = 2_000;

/**
 * Sends a response by a socket that Node has handed over for an upgrade or a tunnel, and closes the socket. Node
 * has removed its own 'error' listener, no longer reads from the socket, and applies none of its timeouts. This
 * function does all of that.
 */
export function endRefusedSocket(socket: Duplex, response: string): void {
  // The client may reset the connection, which is not a failure.
  socket.on('error', () => {});
  // Closing with unread bytes resets the connection, and the client may lose the response.
  socket.resume();
  afterResponses(socket, () => socket.end(response));
  const timer = startTimer(() => socket.destroy(), lingerTimeout);
  timer.unref?.();
  socket.once('close', () => stopTimer(timer));
}

/** Calls back when all requests that were pipelined before have their responses: one would get ours otherwise. */
function afterResponses(socket: HttpSocket, done: () => void): void {
  const { _httpMessage: response } = socket;
  // When that response closes, the next one has the connection.
  if (response) response.once('close', () => afterResponses(socket, done));
  else if (!socket.destroyed) done();
}
