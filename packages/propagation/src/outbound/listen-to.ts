import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/**
 * Listens to a diagnostics channel. What the listener throws is ignored: Node would end the process with it. Returns a
 * function that ends it.
 */
export function listenTo(channel: string, listener: (message: unknown) => void): () => void {
  function listen(message: unknown): void {
    try {
      listener(message);
    } catch {
      // A message of a shape that is not known: nothing is sent.
    }
  }
  subscribe(channel, listen);
  return () => void unsubscribe(channel, listen);
}
