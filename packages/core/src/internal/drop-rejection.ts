/**
 * Keeps the rejection of a promise from being unhandled. Does nothing to other values.
 *
 * @example
 * dropRejection(listener(event));
 */
export function dropRejection(value: unknown): void {
  // An async function never throws, even if awaiting a foreign promise does.
  (async () => {
    await value;
  })().catch(() => {});
}
