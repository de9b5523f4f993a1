import { describe, OptionResultError } from './errors.ts';

/**
 * Returns the error for what an option's function returned. Nobody waits for a promise among them:
 * its rejection is dropped, as an unhandled one would end the process.
 */
export function badResult(option: string, must: string, result: unknown): OptionResultError {
  dropRejection(result);
  return new OptionResultError(option, `${must}, but returned ${describe(result)}.`);
}

/** Whether `await` would wait for the value. */
export function isThenable(value: unknown): boolean {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject && typeof (value as { then?: unknown }).then === 'function';
}

/** Keeps the rejection of a promise from being unhandled; does nothing to other values. */
export function dropRejection(value: unknown): void {
  // By an async function, which throws at nothing that a foreign promise does.
  (async () => {
    await value;
  })().catch(() => {});
}
