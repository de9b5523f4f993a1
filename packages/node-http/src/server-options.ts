import type { IncomingMessage } from 'node:http';
import { type RequestIdOptions as CoreOptions, InvalidOptionError } from '@request-context/core';
import { describe } from '@request-context/core/adapter';
import type { OnError } from './report-error.ts';

/** Options of `withRequestId`, `requestId` and `attach`. Their functions are called with Node's request. */
export type RequestIdOptions<Req = IncomingMessage> = CoreOptions<Req>;

/** Options of `withRequestId` and `attach`, where no framework handles errors. */
export interface ServerOptions<Req = IncomingMessage> extends RequestIdOptions<Req> {
  /**
   * Called with each request that failed: its listener threw or returned a promise that was rejected, or a
   * function among the options failed. Not called for a rejected id. Do not respond: the library does so.
   * @default writes one line to stderr, with the id
   */
  onError?: OnError<Req> | undefined;
}

/**
 * Splits off the options for the server. Only own properties count.
 *
 * @throws {InvalidOptionError} when `onError` is not a function
 */
export function splitOptions<Req>(options: ServerOptions<Req> | undefined): {
  onError: OnError<Req> | undefined;
  rest: RequestIdOptions<Req> | undefined;
} {
  // Leave anything else for the check of the other options to reject.
  if (typeof options !== 'object' || options === null || !Object.hasOwn(options, 'onError')) {
    return { onError: undefined, rest: options };
  }
  const { onError } = options;
  if (onError !== undefined && typeof onError !== 'function') {
    throw new InvalidOptionError('onError', `must be a function, but is ${describe(onError)}.`);
  }
  const rest: RequestIdOptions<Req> = {};
  for (const key of Reflect.ownKeys(options)) {
    // Each is read once, here. Its value is checked later.
    if (key !== 'onError') Reflect.set(rest, key, Reflect.get(options, key));
  }
  return { onError, rest };
}
