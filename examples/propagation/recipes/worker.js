import { Worker } from 'node:worker_threads';
import { getRequestId } from '@request-context/core';
import { onMessage, wrapMessage } from '@request-context/propagation/worker-threads';

const worker = new Worker(new URL('./worker-thread.js', import.meta.url));

onMessage(worker, (result) => {
  console.log(`${getRequestId()} the result is ${result}`);
});

/** @param {number} number */
export function square(number) {
  worker.postMessage(wrapMessage(number));
}
