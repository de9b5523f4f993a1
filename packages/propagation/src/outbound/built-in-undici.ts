/** Whether the runtime's own `fetch` is undici's, as in Node. Those of Bun and Deno have no dispatcher and no channels. */
export const hasBuiltInUndici: boolean = !('Bun' in globalThis) && !('Deno' in globalThis);

/** How Node's own `fetch` begins. It loads undici when it is first called. */
const source = /^function fetch\(input, init = undefined\) \{[^}]*lazy loading of undici/;
/** Wrappers of it that are ours. */
const wrappers = new WeakSet<object>();

/**
 * Returns whether a `fetch` is Node's own, which hands each request to a dispatcher. Another one may have replaced it, such as
 * that of node-fetch or a test double.
 */
export function isBuiltInFetch(fetch: typeof globalThis.fetch): boolean {
  if (!hasBuiltInUndici) return false;
  return wrappers.has(fetch) || source.test(Function.prototype.toString.call(fetch));
}

/** Makes {@link isBuiltInFetch} see through a wrapper. */
export function noteWrapper(wrapper: object, fetch: unknown): void {
  if (isBuiltInFetch(fetch as typeof globalThis.fetch)) wrappers.add(wrapper);
}
