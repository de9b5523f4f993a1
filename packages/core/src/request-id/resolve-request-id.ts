import type { ContextValues } from '../context/context.ts';
import { describe, isError } from '../internal/describe.ts';
import { dropRejection } from '../internal/drop-rejection.ts';
import type { IdHeaders } from './id-headers.ts';
import { InvalidRequestIdError } from './invalid-request-id-error.ts';
import { newRequestId } from './new-request-id.ts';
import type { InboundHeader, NormalizedOptions } from './normalize-options.ts';
import { invalidResult } from './option-result-error.ts';
import type { RequestReader } from './request-reader.ts';
import { escapeRejectedId } from './valid-id.ts';

/** The id of a request, and what else its context starts with. */
export interface RequestIdDecision {
  /** The id: the client's or a fresh one. There is always one. */
  readonly requestId: string;
  /** The id that the client sent, if it was rejected or not trusted; made safe to log. */
  readonly rejectedRequestId: string | undefined;
  /** The values that the `values` option added. */
  readonly values: Partial<ContextValues> | undefined;
  /**
   * Why the request should not be handled: `onInvalid: 'reject'`, or a function among the options that
   * failed. Pass it to the framework's error handling.
   */
  readonly error: Error | undefined;
  /** The headers that the id came in and goes out by. */
  readonly idHeaders?: IdHeaders | undefined;
}

/**
 * Decides which id a request gets. Never throws: what a function among the options throws is the decision's
 * `error`, beside a fresh id.
 *
 * @param options - From `normalizeOptions()`.
 * @param reader - Reads headers and peer from `raw`.
 * @param raw - The server's own request.
 * @param request - The request that the options' functions are called with.
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
  let { idHeaders } = options;
  try {
    let invalid: InboundHeader | undefined;
    let isTrusted: boolean | undefined;
    for (const header of options.inbound) {
      const sent = reader.header(raw, header.key);
      if (sent === undefined || sent === null) continue;
      rejected ??= typeof sent === 'string' ? sent : sent.join(', ');
      isTrusted ??= options.isTrusted(reader, raw, request);
      if (!isTrusted) break;
      requestId = readId(header, sent, options);
      if (requestId !== undefined) {
        idHeaders = header.idHeaders;
        break;
      }
      invalid ??= header;
    }
    if (invalid === undefined) {
      // The first id that was sent is the request's, or its peer is not trusted.
      if (requestId !== undefined) rejected = undefined;
    } else if (options.onInvalid === 'reject') {
      if (requestId === undefined) throw new InvalidRequestIdError(invalid.name);
    } else if (options.onInvalid !== 'replace') {
      const result: unknown = options.onInvalid(rejected as string, request);
      if (isThenable(result)) throw invalidResult('onInvalid', 'must not return a promise', result);
    }
    requestId ??= generateId(options, request);
    if (options.values !== undefined) values = checkValues(options.values(request));
  } catch (thrown) {
    requestId ??= newRequestId();
    error = toError(thrown);
  }
  return {
    requestId,
    rejectedRequestId: rejected === undefined ? undefined : escapeRejectedId(rejected),
    values,
    error,
    idHeaders,
  };
}

function readId(
  header: InboundHeader,
  sent: string | readonly string[],
  options: NormalizedOptions<never>,
): string | undefined {
  if (typeof sent !== 'string') return undefined;
  const id = header.read === undefined ? sent : header.read(sent);
  return id !== undefined && options.isValid(id) ? id : undefined;
}

function generateId<Request>(options: NormalizedOptions<Request>, request: Request): string {
  if (options.generate === undefined) return newRequestId();
  const id: unknown = options.generate(request);
  if (options.isValidGenerated(id)) return id;
  throw invalidResult('generate', 'must return a valid id (see `validate` and `maxLength`)', id);
}

function checkValues(values: unknown): Partial<ContextValues> {
  const isPlain = typeof values === 'object' && values !== null && !('then' in values);
  // A copy, as reading the values can fail. Nothing fails later.
  if (isPlain && !Array.isArray(values)) return { ...values };
  throw invalidResult('values', 'must return an object of values', values);
}

/** Returns whether `await` would wait for the value. */
function isThenable(value: unknown): boolean {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject && typeof (value as { then?: unknown }).then === 'function';
}

/** Returns an Error for what was thrown: error handlers do not work with falsy values. */
function toError(thrown: unknown): Error {
  if (isError(thrown)) return thrown;
  dropRejection(thrown);
  return new Error(`A function of the request id options threw ${describe(thrown)}.`, {
    cause: thrown,
  });
}
