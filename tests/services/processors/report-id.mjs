import { context } from '@request-context/core';
import { withRequestContext } from '@request-context/propagation/bullmq';

/** The file of a sandboxed processor: BullMQ loads it in a child process or in a thread. */
export default withRequestContext(async (/** @type {import('bullmq').Job} */ job) => {
  await job.updateProgress(1);
  return context.toObject();
});
