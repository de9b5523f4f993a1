import { parentPort } from 'node:worker_threads';
import { getRequestId } from '@request-context/core';
import { onMessage, wrapMessage } from '@request-context/propagation/worker-threads';

onMessage(
  parentPort,
  /** @param {number} number */
  (number) => {
    console.log(`${getRequestId()} squaring ${number}`);
    parentPort?.postMessage(wrapMessage(number * number));
  },
);
