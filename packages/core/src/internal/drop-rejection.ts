/** Keeps the rejection of a promise from being unhandled. Does nothing to other values. */
export function dropRejection(value: unknown): void {
  // An async function never throws, whatever a foreign promise does.
  (async () => {
    await value;
  })().catch(() => {});
}
