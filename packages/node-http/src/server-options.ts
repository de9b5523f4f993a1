import type { IncomingMessage } from 'node:http';
import { InvalidOptionError } from '@request-context/core';
import { describe } from '@request-context/core/adapter';
import type { RequestIdOptions } from './options.ts';
import type { OnError } from './report-error.ts';

/** Options of `withRequestId` and `attach`, which have no framework that would handle errors. */
export interface ServerOptions<Req = IncomingMessage> extends RequestIdOptions<Req> {
  /**
   * Is told of requests that failed: a listener that throws or whose promise is rejected, and a function
   * among the options that fails. The response is taken care of. A refused id is no such failure.
   * @default one line on stderr, with the id
   */
  onError?: OnError<Req> | undefined;
}

/**
 * Takes apart what is for the server alone. Only own properties count.
 *
 * @throws {InvalidOptionError} when `onError` is no function
 */
export function splitOptions<Req>(options: ServerOptions<Req> | undefined): {
  onError: OnError<Req> | undefined;
  rest: RequestIdOptions<Req> | undefined;
} {
  // Anything else is for the check of the others to refuse.
  if (typeof options !== 'object' || options === null || !Object.hasOwn(options, 'onError')) {
    return { onError: undefined, rest: options };
  }
  const { onError } = options;
  if (onError !== undefined && typeof onError !== 'function') {
    throw new InvalidOptionError('onError', `must be a function, but is ${describe(onError)}.`);
  }
  const rest: RequestIdOptions<Req> = {};
  for (const key of Reflect.ownKeys(options)) {
    // Each is read once, here; what it may be is checked later.
    if (key !== 'onError') Reflect.set(rest, key, Reflect.get(options, key));
  }
  return { onError, rest };
}
