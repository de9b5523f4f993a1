import { v4 } from 'uuid';
import { badResult, dropRejection, isThenable } from './bad-result.ts';
import type { ContextValues } from './context.ts';
import { describe, InvalidRequestIdError, isError } from './errors.ts';
import type { InboundHeader, NormalizedOptions } from './options.ts';
import type { Peer } from './trust.ts';

const rejectedLength = 128;

/**
 * How an adapter's requests are read. One object serves all requests of an adapter.
 *
 * @typeParam Raw - The request as the server knows it.
 */
export interface RequestReader<Raw> {
  /**
   * The value of the header `name` (lower case): undefined when it was not sent, an array when it
   * was sent several times.
   */
  header(raw: Raw, name: string): string | readonly string[] | undefined;
  /** Who is at the other end of the socket. Not what X-Forwarded-For says. */
  peer(raw: Raw): Peer;
}

/** Which id a request gets, and what else its context starts with. */
export interface RequestIdDecision {
  /** The id: the caller's or a fresh one. There always is one. */
  readonly requestId: string;
  /** What the caller sent that was not adopted, made safe to log. */
  readonly rejectedRequestId: string | undefined;
  /** What the `values` option added. */
  readonly values: Partial<ContextValues> | undefined;
  /**
   * Why the request should not be handled: `onInvalid: 'reject'`, or a function among the options
   * that failed. It belongs into the framework's error handling.
   */
  readonly error: Error | undefined;
}

/** A fresh request id: a random UUID (version 4, RFC 9562). */
export function newRequestId(): string {
  return v4();
}

/**
 * Decides which id a request gets. It never throws: what a function among the options throws is the
 * decision's `error`, beside a fresh id.
 *
 * @param options - From `normalizeOptions()`.
 * @param reader - How headers and peer are read from `raw`.
 * @param raw - The request as the server knows it.
 * @param request - The request as the framework's user knows it; the options' functions are given it.
 *
 * @example
 * const decision = resolveRequestId(normalizeOptions(), reader, req, req);
 */
export function resolveRequestId<Raw, Request>(
  options: NormalizedOptions<Request>,
  reader: RequestReader<Raw>,
  raw: Raw,
  request: Request,
): RequestIdDecision {
  let requestId: string | undefined;
  let rejected: string | undefined;
  let values: Partial<ContextValues> | undefined;
  let error: Error | undefined;
  try {
    let unfit: InboundHeader | undefined;
    let isTrusted: boolean | undefined;
    for (const header of options.inbound) {
      const sent = reader.header(raw, header.key);
      if (sent === undefined) continue;
      rejected ??= typeof sent === 'string' ? sent : sent.join(', ');
      isTrusted ??= options.isTrusted(reader, raw, request);
      if (!isTrusted) break;
      requestId = readId(header, sent, options);
      if (requestId !== undefined) break;
      unfit ??= header;
    }
    if (unfit === undefined) {
      // The first that was sent was adopted, or nobody asked whether it is fit.
      if (requestId !== undefined) rejected = undefined;
    } else if (options.onInvalid === 'reject') {
      if (requestId === undefined) throw new InvalidRequestIdError(unfit.name);
    } else if (options.onInvalid !== 'replace') {
      const result: unknown = options.onInvalid(rejected as string, request);
      if (isThenable(result)) throw badResult('onInvalid', 'must not return a promise', result);
    }
    requestId ??= generateId(options, request);
    if (options.values !== undefined) values = checkValues(options.values(request));
  } catch (thrown) {
    requestId ??= newRequestId();
    error = toError(thrown);
  }
  return {
    requestId,
    rejectedRequestId: rejected === undefined ? undefined : escapeRejected(rejected),
    values,
    error,
  };
}

function readId(
  header: InboundHeader,
  sent: string | readonly string[],
  options: NormalizedOptions<never>,
): string | undefined {
  if (typeof sent !== 'string') return undefined;
  const id = header.read === undefined ? sent : header.read(sent);
  return id !== undefined && options.isFit(id) ? id : undefined;
}

function generateId<Request>(options: NormalizedOptions<Request>, request: Request): string {
  if (options.generate === undefined) return newRequestId();
  const id: unknown = options.generate(request);
  if (options.isFitGenerated(id)) return id;
  const must = 'must return an id that is fit to be sent on (see `validate` and `maxLength`)';
  throw badResult('generate', must, id);
}

function checkValues(values: unknown): Partial<ContextValues> {
  const isPlain = typeof values === 'object' && values !== null && !('then' in values);
  // A copy: to read the values is the last that can fail.
  if (isPlain && !Array.isArray(values)) return { ...values };
  throw badResult('values', 'must return an object of values', values);
}

/** An error handler may be given anything but a falsy value, which frameworks take for none. */
function toError(thrown: unknown): Error {
  if (isError(thrown)) return thrown;
  dropRejection(thrown);
  return new Error(`A function of the request id options threw ${describe(thrown)}.`, {
    cause: thrown,
  });
}

/**
 * Makes what a client sent safe to log: what an id must not hold by default is percent-encoded
 * (characters up to U+00FF, as which Node gives the bytes of a header, byte by byte; others as
 * UTF-8), and the result cut to 128 characters.
 */
function escapeRejected(raw: string): string {
  let escaped = '';
  for (const character of raw.slice(0, rejectedLength)) {
    const next = /[A-Za-z0-9._~+/=@:-]/.test(character) ? character : percentEncode(character);
    if (escaped.length + next.length > rejectedLength) break;
    escaped += next;
  }
  return escaped;
}

function percentEncode(character: string): string {
  const bytes = Buffer.from(character, character <= '\u00ff' ? 'latin1' : 'utf8');
  return [...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
