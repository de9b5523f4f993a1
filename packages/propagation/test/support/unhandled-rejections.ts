import { setImmediate as nextTurn } from 'node:timers/promises';

/** Runs a task. Returns the reasons of the rejections that it leaves unhandled. */
export async function unhandledRejections(task: () => unknown): Promise<unknown[]> {
  const reasons: unknown[] = [];
  const listener = (reason: unknown): void => void reasons.push(reason);
  process.on('unhandledRejection', listener);
  try {
    task();
    await nextTurn();
    await nextTurn();
  } finally {
    process.off('unhandledRejection', listener);
  }
  return reasons;
}
