import { badResult } from './bad-result.ts';
import { type Check, checkOptions } from './check-options.ts';
import type { ContextValues } from './context.ts';
import type { RequestReader } from './request-id.ts';
import { traceIdReaders } from './trace-id.ts';
import { compileTrust } from './trust.ts';

/**
 * Options of `requestId()`, the same in every adapter. They are read once, when the middleware is
 * made; later changes to the object have no effect. Only the object's own properties count: inherited
 * ones, and the getters of a class, are ignored.
 *
 * @typeParam Request - The request as the adapter gives it to the functions among the options.
 */
export interface RequestIdOptions<Request> {
  /**
   * The header that the id is read from and echoed in.
   * @default 'X-Request-ID'
   */
  header?: string | undefined;
  /**
   * Further headers to read, in order, when `header` holds nothing fit. Of `traceparent`,
   * `X-Amzn-Trace-Id` and `X-Cloud-Trace-Context` the trace id is taken.
   * @default []
   */
  inbound?: readonly string[] | undefined;
  /**
   * Whose ids are adopted: everybody's, nobody's, those of socket peers by address (`'loopback'`,
   * IP addresses, CIDR ranges), or as a function says, which must return true or false. `X-Forwarded-For`
   * plays no part. What comes from others is ignored, without `onInvalid`.
   * @default true
   */
  trust?: boolean | string | readonly string[] | ((request: Request) => boolean) | undefined;
  /**
   * Whether an inbound id is fit to be adopted. Ids that are empty, longer than `maxLength` or hold
   * anything but printable ASCII are unfit whatever it says: they could not be echoed as they came.
   * @default letters, digits and . _ ~ + / = @ : - alone
   */
  validate?: ((id: string) => boolean) | undefined;
  /**
   * The longest inbound id that is adopted, in characters: a whole number from 1 to 8192.
   * @default 128
   */
  maxLength?: number | undefined;
  /**
   * Makes a fresh id. It must be a string that `validate` or its default accepts, of at most
   * `maxLength` or 128 characters, whichever is more. Anything else, and what it throws, goes to the
   * framework's error handling.
   * @default a random UUID (version 4)
   */
  generate?: ((request: Request) => string) | undefined;
  /**
   * What happens when a trusted peer sends an id that is not fit: `'replace'` makes a fresh one,
   * `'reject'` answers 400 unless a further inbound header holds a fit one, and a function is told
   * the value as it came (do not log it as it is), after which it is replaced. The function must not be
   * async: nobody would wait for it. A promise that it returns goes to the framework's error handling,
   * as an `OptionResultError`.
   * @default 'replace'
   */
  onInvalid?: 'replace' | 'reject' | ((raw: string, request: Request) => NotPromise) | undefined;
  /**
   * Whether responses carry the id in `header`.
   * @default true
   */
  echo?: boolean | undefined;
  /**
   * Whether `header` is appended to the response's `Access-Control-Expose-Headers`, so that scripts
   * of other origins can read it.
   * @default false
   */
  exposeHeader?: boolean | undefined;
  /**
   * More values to start the context with. The id itself cannot be changed this way.
   * @default none
   */
  values?: ((request: Request) => Partial<ContextValues>) | undefined;
}

/** What a function may return that nobody waits for: anything but a promise. */
type NotPromise =
  // biome-ignore lint/suspicious/noConfusingVoidType: of functions that return nothing
  void | string | number | bigint | boolean | symbol | null | undefined | NoThen;

type NoThen = object & { readonly then?: never };

/** An inbound header, ready to be looked up. */
export interface InboundHeader {
  readonly name: string;
  /** The name in lower case. */
  readonly key: string;
  /** Takes the id out of the header's value, where it is not all of it. */
  readonly read: ((value: string) => string | undefined) | undefined;
}

/** Options that have been checked, with their defaults. */
export interface NormalizedOptions<Request> {
  readonly header: string;
  /** The header's name in lower case. */
  readonly key: string;
  /** All headers to read, `header` first. */
  readonly inbound: readonly InboundHeader[];
  readonly isTrusted: <Raw>(reader: RequestReader<Raw>, raw: Raw, request: Request) => boolean;
  readonly isFit: (id: string) => boolean;
  readonly generate: ((request: Request) => string) | undefined;
  /** Whether what `generate` returned may be used. */
  readonly isFitGenerated: (id: unknown) => id is string;
  readonly onInvalid: 'replace' | 'reject' | ((raw: string, request: Request) => NotPromise);
  readonly echo: boolean;
  readonly exposeHeader: boolean;
  readonly values: ((request: Request) => Partial<ContextValues>) | undefined;
}

const defaultMaxLength = 128;
const allowed = /^[A-Za-z0-9._~+/=@:-]+$/;
const printable = /^[\x20-\x7e]+$/;
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// Headers that frame the message or mean something else to those who read the response.
const reserved = new Set([
  'connection',
  'content-length',
  'content-type',
  'date',
  'host',
  'keep-alive',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const isBoolean: Check = [(value) => typeof value === 'boolean', 'true or false'];
const isFunction: Check = [(value) => typeof value === 'function', 'a function'];
const isHeaderName = (value: unknown): boolean =>
  typeof value === 'string' && headerName.test(value);

const checks: { readonly [K in keyof Required<RequestIdOptions<never>>]: Check } = {
  header: [
    (value) =>
      isHeaderName(value) &&
      !reserved.has(String(value).toLowerCase()) &&
      !traceIdReaders.has(String(value).toLowerCase()),
    "the name of a header that can hold a request id, such as 'X-Request-ID' (trace headers belong into `inbound`)",
  ],
  inbound: [
    (value) => Array.isArray(value) && value.every(isHeaderName),
    "an array of header names, such as ['X-Correlation-ID', 'traceparent']",
  ],
  trust: [
    (value) =>
      ['boolean', 'string', 'function'].includes(typeof value) ||
      (Array.isArray(value) && value.every((entry) => typeof entry === 'string')),
    "true, false, 'loopback', an IP address, a CIDR range, an array of these, or a function",
  ],
  validate: isFunction,
  maxLength: [
    (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 8192,
    'a whole number from 1 to 8192',
  ],
  generate: isFunction,
  onInvalid: [
    (value) => value === 'replace' || value === 'reject' || typeof value === 'function',
    "'replace', 'reject' or a function",
  ],
  echo: isBoolean,
  exposeHeader: isBoolean,
  values: isFunction,
};

/**
 * Checks options and puts in the defaults. The result does not refer to `options`.
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has a value that it cannot have
 */
export function normalizeOptions<Request>(
  options: RequestIdOptions<Request> = {},
): NormalizedOptions<Request> {
  const checked = checkOptions(options, checks);
  const { maxLength = defaultMaxLength, validate, header = 'X-Request-ID' } = checked;
  const isFit = compileValidate(validate, maxLength);
  const longestGenerated = Math.max(maxLength, defaultMaxLength);
  const isFitGeneratedLength = compileValidate(validate, longestGenerated);
  return {
    header,
    key: header.toLowerCase(),
    inbound: [header, ...(checked.inbound ?? [])].map(toInboundHeader),
    isTrusted: compileIsTrusted(checked.trust ?? true),
    isFit,
    generate: checked.generate,
    isFitGenerated: (id): id is string =>
      typeof id === 'string' &&
      ((id.length <= longestGenerated && allowed.test(id)) || isFitGeneratedLength(id)),
    onInvalid: checked.onInvalid ?? 'replace',
    echo: checked.echo ?? true,
    exposeHeader: checked.exposeHeader ?? false,
    values: checked.values,
  };
}

function toInboundHeader(name: string): InboundHeader {
  const key = name.toLowerCase();
  return { name, key, read: traceIdReaders.get(key) };
}

function compileIsTrusted<Request>(
  trust: NonNullable<RequestIdOptions<Request>['trust']>,
): NormalizedOptions<Request>['isTrusted'] {
  if (typeof trust === 'boolean') return () => trust;
  if (typeof trust === 'function') {
    return (_reader, _raw, request) => booleanFrom('trust', trust(request));
  }
  const isTrustedPeer = compileTrust(typeof trust === 'string' ? [trust] : trust);
  return (reader, raw) => isTrustedPeer(reader.peer(raw));
}

function compileValidate(
  validate: ((id: string) => boolean) | undefined,
  maxLength: number,
): (id: string) => boolean {
  if (validate === undefined) return (id) => id.length <= maxLength && allowed.test(id);
  return (id) =>
    id.length <= maxLength && printable.test(id) && booleanFrom('validate', validate(id));
}

/** Keeps a promise, or a match object, from counting as a yes. */
function booleanFrom(option: string, result: unknown): boolean {
  if (typeof result === 'boolean') return result;
  throw badResult(option, 'must return true or false', result);
}
