import { context } from '@request-context/core';
import type { Check } from '@request-context/core/adapter';
import { isBuiltInFetch } from './outbound/built-in-undici.ts';
import { globalDispatchers, isOfUndici } from './outbound/dispatcher-facts.ts';
import {
  copyInit,
  type Fetch,
  type FetchInit,
  type FetchInput,
  followByHand,
  isRequest,
  readFetchCall,
} from './outbound/follow-by-hand.ts';
import { type MarkedCall, markCall } from './outbound/mark-call.ts';
import { createOutbound, type Outbound, type OutboundOptions } from './outbound/outbound.ts';

export type { Destinations } from './outbound/destinations.ts';
export type { OutboundOptions } from './outbound/outbound.ts';

/** Options of {@link propagatingFetch}. */
export interface PropagatingFetchOptions extends OutboundOptions {
  /**
   * The function to call, with redirects followed by hand.
   * @default the `fetch` of the runtime
   */
  fetch?: typeof fetch | undefined;
}

const checks: { readonly fetch: Check } = {
  fetch: [(value) => typeof value === 'function', 'a function'],
};

/**
 * Returns a `fetch` that sends the current id to the destinations that `to` names. It patches nothing.
 *
 * @example
 * const fetch = propagatingFetch({ to: ['https://api.example.com'] });
 * await fetch('https://api.example.com/orders');
 * @example
 * const client = ky.create({ fetch: propagatingFetch({ to: ['*.internal:8080'], keys: ['tenant'] }) });
 *
 * @throws {InvalidOptionError} naming the option that is missing, unknown or invalid
 */
export function propagatingFetch(options: PropagatingFetchOptions): typeof fetch {
  const { outbound, checked } = createOutbound(options, checks);
  // The current one: the one that is returned may replace it.
  const call = checked.fetch ?? globalThis.fetch;
  const propagate =
    checked.fetch === undefined && isBuiltInFetch(call) ? fetchMarked : followByHand;
  return async (input, init) => propagate(outbound, (...args) => call(...args), input, init);
}

/** Calls the `fetch` of Node, with a mark. Each of its requests is decided for where it goes. */
async function fetchMarked(
  outbound: Outbound,
  fetch: Fetch,
  input: FetchInput,
  init?: FetchInit,
): Promise<Response> {
  if (!context.active) return fetch(input, init);
  // Nothing takes the mark out of what another make of dispatcher sends.
  const given = [init?.dispatcher, dispatcherOf(input)];
  // Another version of undici hides that of a `Request`.
  const known = given.filter((one) => !isGlobal(one) && one !== true);
  if (![...known, ...globalDispatchers()].every(isOfUndici)) {
    return followByHand(outbound, fetch, input, init);
  }
  const read = readFetchCall(input, init);
  if (read === undefined) return fetch(input, init);
  const { headers, url } = read;
  const call: MarkedCall = {
    outbound,
    run: context.snapshot(),
    asked: url.origin,
    hops: given.every(isGlobal) ? undefined : {},
  };
  headers.set(markCall(call), '1');
  const response = await fetch(input, { ...copyInit(init), headers });
  // Keeps the call until here.
  void call.run;
  return response;
}

/** Returns whether a dispatcher is none, so that the global one makes the connections. */
function isGlobal(dispatcher: unknown): boolean {
  return dispatcher === undefined || dispatcher === null;
}

/** Returns the dispatcher with which a `Request` was made; true where the version of undici hides it. */
function dispatcherOf(input: FetchInput): unknown {
  if (!isRequest(input)) return undefined;
  const request: object = input;
  const symbols = Object.getOwnPropertySymbols(request);
  const key = symbols.find(({ description }) => description === 'dispatcher');
  return key === undefined ? true : Reflect.get(request, key);
}
