import type { Outbound } from './outbound.ts';

/** The module of undici: what `import * as undici from 'undici'` has. */
export interface UndiciModule {
  readonly Dispatcher: unknown;
}

/** Makes calls of `fetch` and of undici carry the id. Returns a function that undoes it. */
export function instrumentUndici(
  _outbound: Outbound,
  _modules: readonly UndiciModule[],
): () => void {
  return () => {};
}
