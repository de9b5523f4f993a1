import type { ContextValues } from '@request-context/core';
import { type Check, checkOptions, normalizeOptions } from '@request-context/core/adapter';

/** A name of a value in the context. */
type ContextKey = Extract<keyof ContextValues, string>;

/**
 * Why something was not carried:
 *
 * - `'carrier'`: the carrier cannot be read or written, such as a frozen object, or its `baggage` is no text.
 * - `'invalid-id'`: the id is not printable ASCII, or longer than 8192 characters.
 * - `'not-text'`: the value is no string, number, bigint or boolean, or it holds control characters.
 * - `'too-long'`: the `baggage` would be longer than 8192 bytes.
 * - `'too-many'`: the `baggage` would have more than 64 members.
 * - `'target'`: where the call goes is not certain, or the function of `to` threw or returned no boolean.
 */
export type SkipReason = 'carrier' | 'invalid-id' | 'not-text' | 'too-long' | 'too-many' | 'target';

/** What was not carried, and where it would have gone. */
export interface SkipDetails {
  /** The name of the value in the context. */
  readonly key: string;
  /** The origin of the call, such as `'https://api.example.com'`; undefined for a carrier, or where it is not known. */
  readonly target: string | undefined;
}

/** Called with what is not carried. What it throws is ignored, and so is a promise that rejects. */
export type OnSkip = (why: SkipReason, details: SkipDetails) => unknown;

/** What is carried, and how. The same everywhere in this package. */
export interface PropagationOptions {
  /**
   * The header that carries the id.
   * @default 'X-Request-ID'
   */
  header?: string | undefined;
  /**
   * The names of further values of the context to carry, in the header `baggage` (W3C). A name must be a token of
   * HTTP. Strings are carried, and numbers, bigints and booleans as strings.
   * @default []
   */
  keys?: readonly ContextKey[] | undefined;
  /**
   * Called with each value that is not carried, and why.
   * @default nothing is called
   */
  onSkip?: OnSkip | undefined;
}

/** Options that have been checked, with their defaults. */
export interface NormalizedPropagation {
  readonly header: string;
  readonly keys: readonly ContextKey[];
  readonly onSkip: OnSkip | undefined;
  /** Returns whether an id that came in is valid: the check of a request's header. */
  readonly isValid: (id: string) => boolean;
}

/** A token of HTTP, which a key of `baggage` must be. Source: RFC 9110, section 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Headers that hold something else, besides those that every adapter rejects. Objects cannot hold the last one. */
const notForIds = new Set(['baggage', 'tracestate', '__proto__']);
/** Values that the library sets itself, and a key that objects cannot hold. */
const notForKeys = new Set(['requestId', 'rejectedRequestId', 'parentRequestId', '__proto__']);

const checks: { readonly [K in keyof Required<PropagationOptions>]: Check } = {
  header: [
    (value) => typeof value === 'string' && !notForIds.has(value.toLowerCase()),
    "the name of a header that can hold a request id, such as 'X-Request-ID'",
  ],
  keys: [
    (value) =>
      Array.isArray(value) &&
      value.every((key) => typeof key === 'string' && token.test(key) && !notForKeys.has(key)),
    "an array of the names of your own context values, such as ['tenant'], each a token of HTTP",
  ],
  onSkip: [(value) => typeof value === 'function', 'a function'],
};

/**
 * Checks options, those of {@link PropagationOptions} and `more`, and fills in the defaults. Returns them with the
 * checked further options.
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function normalizePropagation<T extends PropagationOptions>(
  options: T = {} as T,
  more: { readonly [option: string]: Check } = {},
): { propagation: NormalizedPropagation; checked: Partial<T> } {
  const checked = checkOptions(options, { ...checks, ...more });
  const { header, isValid } = normalizeOptions({ header: checked.header });
  const keys = [...new Set(checked.keys)];
  const propagation = { header, keys, onSkip: checked.onSkip, isValid };
  return { propagation, checked };
}
