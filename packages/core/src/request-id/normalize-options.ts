import { type Check, checkOptions } from '../internal/check-options.ts';
import { compileTrust } from './compile-trust.ts';
import type { IdHeaders } from './id-headers.ts';
import type { RequestIdOptions } from './request-id-options.ts';
import type { RequestReader } from './request-reader.ts';
import { traceIdReaders } from './trace-id-readers.ts';
import { booleanFrom, compileValidId, type ValidId } from './valid-id.ts';

/** An inbound header, ready to be looked up. */
export interface InboundHeader {
  readonly name: string;
  /** The name in lower case. */
  readonly key: string;
  /** Returns the id within the header's value; undefined where the whole value is the id. */
  readonly read: ((value: string) => string | undefined) | undefined;
  /** The headers of an id that was adopted from this one. */
  readonly idHeaders: IdHeaders;
}

type Options<Request> = Required<RequestIdOptions<Request>>;

/** Options that have been checked, with their defaults. */
export interface NormalizedOptions<Request> extends ValidId {
  readonly header: string;
  /** The header's name in lower case. */
  readonly key: string;
  /** All headers to read, `header` first. */
  readonly inbound: readonly InboundHeader[];
  /** The headers of an id that was generated. */
  readonly idHeaders: IdHeaders;
  readonly isTrusted: <Raw>(reader: RequestReader<Raw>, raw: Raw, request: Request) => boolean;
  readonly generate: Options<Request>['generate'];
  readonly onInvalid: NonNullable<Options<Request>['onInvalid']>;
  readonly echo: boolean;
  readonly exposeHeader: boolean;
  readonly values: Options<Request>['values'];
}

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// Headers that frame the message, or mean something else to readers of the response.
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

const checks: { readonly [K in keyof Options<never>]: Check } = {
  header: [
    (value) =>
      isHeaderName(value) &&
      !reserved.has(String(value).toLowerCase()) &&
      !traceIdReaders.has(String(value).toLowerCase()),
    "the name of a header that can hold a request id, such as 'X-Request-ID' (list trace headers in `inbound`)",
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
 * Checks options and fills in the defaults. The result does not refer to `options`.
 *
 * @example
 * const options = normalizeOptions<Request>({ trust: 'loopback' });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function normalizeOptions<Request>(
  options: RequestIdOptions<Request> = {},
): NormalizedOptions<Request> {
  const checked = checkOptions(options, checks);
  const { header = 'X-Request-ID' } = checked;
  const key = header.toLowerCase();
  const { isValid, isValidGenerated } = compileValidId(checked.validate, checked.maxLength);
  return {
    header,
    key,
    inbound: [header, ...(checked.inbound ?? [])].map((name) => toInboundHeader(name, key)),
    idHeaders: { request: undefined, response: key },
    isTrusted: compileIsTrusted(checked.trust ?? true),
    isValid,
    generate: checked.generate,
    isValidGenerated,
    onInvalid: checked.onInvalid ?? 'replace',
    echo: checked.echo ?? true,
    exposeHeader: checked.exposeHeader ?? false,
    values: checked.values,
  };
}

function toInboundHeader(name: string, response: string): InboundHeader {
  const key = name.toLowerCase();
  const read = traceIdReaders.get(key);
  // A trace header holds more than the id.
  const request = read === undefined ? key : undefined;
  return { name, key, read, idHeaders: { request, response } };
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
