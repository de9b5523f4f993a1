import { fork } from 'node:child_process';
import { getRequestId } from '@request-context/core';
import { childEnv, onMessage, wrapMessage } from '@request-context/propagation/worker-threads';

const file = new URL('./child.js', import.meta.url);

/** @param {number} number */
export function square(number) {
  const child = fork(file, { env: childEnv() });
  const stop = onMessage(child, (result) => {
    console.log(`${getRequestId()} the result is ${result}`);
    stop();
  });
  child.send(wrapMessage(number));
}
