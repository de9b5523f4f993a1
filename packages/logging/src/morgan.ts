import type { IncomingMessage } from 'node:http';
import { describe, findRequestScope } from '@request-context/core/adapter';
import { escapeText } from './escape-text.ts';

/** The part of morgan that is used here. */
export interface TokenRegistry {
  token(name: string, read: (req: IncomingMessage) => string | undefined): unknown;
}

/**
 * Defines the token `:request-id` for morgan's formats: the id of the request that the line is about, or `-` if it
 * has none. Characters that could forge a line are percent-encoded.
 *
 * ## Order does not matter
 *
 * Mount morgan before the request id middleware or after it. Only with `immediate`, mount it after: the line is
 * written at once, and ahead of the middleware there is no id.
 *
 * @example
 * requestIdToken(morgan);
 * app.use(morgan(':request-id :method :url :status'));
 */
export function requestIdToken(morgan: TokenRegistry): void {
  if (typeof morgan?.token !== 'function') {
    throw new TypeError(
      `requestIdToken(morgan) needs morgan itself, but was given ${describe(morgan)}.`,
    );
  }
  // Read from the request, not from the context: on-finished, which morgan uses, calls back in the context that
  // it was called in. Where morgan comes first, that is none.
  morgan.token('request-id', (req) => {
    const id = findRequestScope(req)?.requestId ?? ownId(req);
    return id === undefined ? undefined : escapeText(id);
  });
}

/** Returns the `req.id` that other code has set. In restify it is a method. */
function ownId(req: object): unknown {
  try {
    const { id } = req as { id?: unknown };
    return id === null || typeof id === 'function' ? undefined : id;
  } catch {
    // A getter that throws. It must not cost the log line.
    return undefined;
  }
}
