import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
// Taken here, once: fake timers replace the module's functions too.
import { setTimeout as startTimer, clearTimeout as stopTimer } from 'node:timers';

/** A socket of an HTTP/1 server, which knows the response that is being written to it. */
type AnsweringSocket = Duplex & { readonly _httpMessage?: ServerResponse | null };

/** Milliseconds that a refused client has to take the answer and to close its side. */
const patience = 2_000;

/**
 * Sends an answer by a socket that Node has handed over for an upgrade or a tunnel, and closes it. Node has
 * taken its own 'error' listener off, reads nothing from it any more, and none of its timeouts applies: all
 * of that is done here.
 */
export function endRefused(socket: Duplex, answer: string): void {
  // A client that resets the connection is no news.
  socket.on('error', () => {});
  // Closed with bytes unread, the connection would be reset, and the client might lose the answer.
  socket.resume();
  afterResponses(socket, () => socket.end(answer));
  const timer = startTimer(() => socket.destroy(), patience);
  timer.unref?.();
  socket.once('close', () => stopTimer(timer));
}

/** Calls back when the requests that were pipelined before have their responses: else one would get ours. */
function afterResponses(socket: AnsweringSocket, done: () => void): void {
  const { _httpMessage: response } = socket;
  // The next response has the connection by the time that one is closed.
  if (response) response.once('close', () => afterResponses(socket, done));
  else if (!socket.destroyed) done();
}
