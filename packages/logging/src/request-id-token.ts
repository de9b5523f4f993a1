import type { IncomingMessage } from 'node:http';
import { findRequestScope } from '@request-context/core/adapter';
import { escapeText } from './escape-text.ts';

/** The part of morgan that is used here. */
export interface TokenRegistry {
  token(name: string, read: (req: IncomingMessage) => string | undefined): unknown;
}

/**
 * Defines the token `:request-id` for morgan's formats: the id of the request that the line is about;
 * a `-` where it has none. What could forge a line is percent-encoded.
 *
 * ## Order does not matter
 *
 * morgan may be mounted before the request id middleware or after it. With `immediate` it has to come
 * after it, as the line is written before there is an id.
 *
 * @example
 * requestIdToken(morgan);
 * app.use(morgan(':request-id :method :url :status'));
 */
export function requestIdToken(morgan: TokenRegistry): void {
  if (typeof morgan?.token !== 'function') {
    throw new TypeError('requestIdToken(morgan) needs morgan itself: it was given none.');
  }
  // Read from the request, not from the context: on-finished, by which morgan learns of the end, calls
  // back in the context that it was asked in, which is none where morgan comes first.
  morgan.token('request-id', (req) => {
    const id = findRequestScope(req)?.requestId ?? ownId(req);
    return id === undefined ? undefined : escapeText(id);
  });
}

/** Returns what others set as `req.id`. In restify it is a method. */
function ownId(req: object): unknown {
  try {
    const { id } = req as { id?: unknown };
    return id === null || typeof id === 'function' ? undefined : id;
  } catch {
    // A getter that throws. A log line must not be lost for it.
    return undefined;
  }
}
