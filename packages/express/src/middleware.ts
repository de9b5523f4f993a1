import {
  type RequestIdOptions as NodeOptions,
  requestId as nodeRequestId,
} from '@request-context/node-http';
import type { Request, RequestHandler } from 'express';

/** Options of {@link requestId}. Their functions are called with Express's request. */
export type RequestIdOptions = NodeOptions<Request>;

declare module 'express-serve-static-core' {
  // An own member of this interface overrides inherited ones: `Express.Request.id`, which applications declare,
  // and `IncomingMessage.id`, which pino-http declares. So its type is the same with and without them.
  interface Request {
    /** The request's id. */
    id: string;
  }
}

/** The type that {@link requestId} returns. Declaration files can name it, but not all parts of Express's own. */
export interface Middleware extends RequestHandler {}

/**
 * Returns a middleware that gives every request an id: the one in `X-Request-ID` if it is trusted and valid, and
 * a fresh one otherwise. Read it anywhere by `getRequestId()`, as `req.id` and on the response. For Express 4
 * and 5.
 *
 * ## Order matters
 *
 * Mount it first: code that runs before it has no id. To cover that code too, see `attach`.
 *
 * ## Errors
 *
 * If a function among the options throws, or `onInvalid: 'reject'` rejects an id, the error goes to Express's
 * error handlers. If none of them responds to a rejected id, the response is problem details (RFC 9457).
 *
 * @example
 * app.use(requestId());
 * @example
 * app.use(requestId({ trust: ['loopback', '10.0.0.0/8'], onInvalid: 'reject' }));
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function requestId(options?: RequestIdOptions): Middleware {
  return nodeRequestId<Request>(options);
}
