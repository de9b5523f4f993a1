import { wrapMessage } from '@request-context/propagation/worker-threads';
import { Piscina } from 'piscina';

export const pool = new Piscina({
  filename: new URL('./piscina-worker.js', import.meta.url).href,
});

/** @param {number} number */
export function square(number) {
  return pool.run(wrapMessage(number));
}
