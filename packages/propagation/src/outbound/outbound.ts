import { context } from '@request-context/core';
import type { Check } from '@request-context/core/adapter';
import {
  type HeaderToSend,
  headersToSend,
  type Read,
  reportSkip,
} from '../carrier/carried-values.ts';
import { normalizePropagation, type PropagationOptions } from '../carrier/propagation-options.ts';
import { compileDestinations, type Destinations } from './destinations.ts';

/** Options of every function that sends the id over HTTP. */
export interface OutboundOptions extends PropagationOptions {
  /** To whom the id is sent: origins, or a function. Required: nobody else gets the id. */
  to: Destinations;
  /**
   * What happens to a header that the caller has set: `'keep'` leaves it, `'replace'` sets the current id.
   * @default 'keep'
   */
  existing?: 'keep' | 'replace' | undefined;
}

/** Decides what each call sends. */
export interface Outbound {
  /** Whether `to` is a function, which gets the whole URL. Otherwise the origin is enough. */
  readonly isPathNeeded: boolean;
  /**
   * Returns the headers to set on a request, for the scope that is current. A header that is there is among them only to
   * replace it.
   *
   * @param target - Where the request goes; undefined where that is not certain, which sends nothing.
   * @param read - Returns what the request has under a header's name, upper or lower case.
   */
  headersFor(target: URL | undefined, read: Read): readonly HeaderToSend[];
}

const nothing: readonly HeaderToSend[] = Object.freeze([]);

const checks: { readonly to: Check; readonly existing: Check } = {
  // `compileDestinations` checks it.
  to: [() => true, ''],
  existing: [(value) => value === 'keep' || value === 'replace', "'keep' or 'replace'"],
};

/**
 * Checks the options. Returns what decides for each call, and the further options.
 *
 * @param more - The checks of further options.
 *
 * @throws {InvalidOptionError} naming the option that is missing, unknown or invalid
 */
export function createOutbound<T extends OutboundOptions>(
  options: T,
  more: { readonly [option: string]: Check } = {},
): { outbound: Outbound; checked: Partial<T> } {
  const { propagation, checked } = normalizePropagation(options, { ...checks, ...more });
  const isDestination = compileDestinations(checked.to);
  const replace = checked.existing === 'replace';
  const outbound: Outbound = {
    isPathNeeded: typeof checked.to === 'function',
    headersFor(target, read) {
      if (!context.active) return nothing;
      const isAllowed = target === undefined ? undefined : isDestination(target);
      if (isAllowed === undefined) reportSkip(propagation, 'target', 'requestId', target?.origin);
      if (target === undefined || isAllowed !== true) return nothing;
      return headersToSend(propagation, read, { replace, target });
    },
  };
  return { outbound, checked };
}
