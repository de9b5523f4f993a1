import { context, getRequestId, newRequestId } from '@request-context/core';
import { schedule } from 'node-cron';

async function report() {
  console.log(`${getRequestId()} report started`);
  await Promise.resolve();
  console.log(`${getRequestId()} report finished`);
}

/** @param {string} expression */
export function scheduleReport(expression) {
  return schedule(expression, () => context.run({ requestId: newRequestId() }, report));
}
