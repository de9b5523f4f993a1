import { getRequestId } from '@request-context/core';
import { createPropagator } from '@request-context/propagation';

const propagator = createPropagator();

/** @param {import('@request-context/propagation/worker-threads').WrappedMessage<number>} message */
export default function handle({ headers, value }) {
  return propagator.run(headers, async () => {
    console.log(`${getRequestId()} squaring ${value}`);
    return value * value;
  });
}
