import { inspect } from 'node:util';
import { describe } from '@request-context/core/adapter';
import { clientErrorOf } from './problem-of.ts';
import type { RawRequest } from './raw-message.ts';

/** A request that failed. */
export interface FailedRequest<Req = RawRequest> {
  /** Its id. */
  readonly requestId: string;
  /** Node's request. */
  readonly req: Req;
}

/** The longest text of an error on stderr, in characters. */
const maxText = 16_384;

/** Called with each request that failed, before its response is sent. A promise that it returns may be rejected. */
export type OnError<Req = RawRequest> = (error: unknown, request: FailedRequest<Req>) => unknown;

/**
 * Reports a request that failed, unless its client caused it: to `onError`, or by one line on stderr. Where
 * `onError` itself fails, both errors go to stderr. Never throws, as the response is still to come.
 */
export function reportError<Req>(
  error: unknown,
  request: FailedRequest<Req>,
  onError: OnError<Req> | undefined,
): void {
  if (clientErrorOf(error) !== undefined) return;
  if (onError === undefined) {
    writeLine(error, request);
    return;
  }

  function fail(thrown: unknown): void {
    writeLine(error, request);
    writeLine(thrown, request);
  }
  try {
    Promise.resolve(onError(error, request)).then(undefined, fail);
  } catch (thrown) {
    fail(thrown);
  }
}

/** Writes an error to stderr. Its message may hold what a client has sent: nothing in it starts a new line. */
function writeLine(error: unknown, { requestId }: FailedRequest<unknown>): void {
  const text = textOf(error).replace(/\p{Cc}/gu, (character) => {
    return character === '\n'
      ? '\\n'
      : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  try {
    console.error(`Request ${requestId} failed: ${text}`);
  } catch {
    // A replacement of console.error that throws.
  }
}

/** Returns an error as text, cut where it gets long: an error may hold all that a client has sent. */
function textOf(error: unknown): string {
  let text: string;
  try {
    text = inspect(error);
  } catch {
    // A revoked Proxy, or an `inspect.custom` or `stack` that throws.
    return describe(error);
  }
  return text.length > maxText ? `${text.slice(0, maxText)}...` : text;
}
