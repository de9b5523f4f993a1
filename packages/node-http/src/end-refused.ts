import type { Duplex } from 'node:stream';
// Taken here, once: fake timers replace the module's functions too.
import { setTimeout as startTimer, clearTimeout as stopTimer } from 'node:timers';

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
  socket.end(answer);
  const timer = startTimer(() => socket.destroy(), patience);
  timer.unref?.();
  socket.once('close', () => stopTimer(timer));
}
