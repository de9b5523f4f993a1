import { context, getRequestId } from '@request-context/core';
import {
  contextFromEnv,
  onMessage,
  wrapMessage,
} from '@request-context/propagation/worker-threads';

context.run(contextFromEnv(), () => console.log(`${getRequestId()} child started`));

const stop = onMessage(
  process,
  /** @param {number} number */
  (number) => {
    console.log(`${getRequestId()} squaring ${number}`);
    process.send?.(wrapMessage(number * number));
    stop();
  },
);
