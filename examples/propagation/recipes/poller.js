import { setTimeout as sleep } from 'node:timers/promises';
import { context, getRequestId, newRequestId } from '@request-context/core';

/** @param {() => Promise<string[]>} fetchOrders */
async function poll(fetchOrders) {
  console.log(`${getRequestId()} polling`);
  for (const order of await fetchOrders()) console.log(`${getRequestId()} found ${order}`);
}

/** @param {() => Promise<string[]>} fetchOrders @param {AbortSignal} signal */
export async function startPolling(fetchOrders, signal) {
  while (!signal.aborted) {
    await context.run({ requestId: newRequestId() }, () => poll(fetchOrders));
    await sleep(1000, undefined, { signal }).catch(() => {});
  }
}
