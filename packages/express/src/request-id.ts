import {
  type RequestIdOptions as NodeOptions,
  requestId as nodeRequestId,
} from '@request-context/node-http';
import type { Request, RequestHandler } from 'express';

/** Options of {@link requestId}; their functions are given Express's request. */
export type RequestIdOptions = NodeOptions<Request>;

declare module 'express-serve-static-core' {
  // A member of this interface itself goes before what it inherits: `Express.Request.id` as applications
  // declare it, and `IncomingMessage.id` as pino-http does. So its type is the same with and without them.
  interface Request {
    /** The request's id. */
    id: string;
  }
}

/** What {@link requestId} returns. Its name can be written in declarations; Express's own has parts that cannot. */
export interface Middleware extends RequestHandler {}

/**
 * Gives every request an id: taken from `X-Request-ID` where it is fit to trust, made otherwise,
 * readable anywhere by `getRequestId()`, as `req.id` and on the response. For Express 4 and 5.
 *
 * ## Order matters
 *
 * Mount it first: what runs before it has no id. To cover that too, see `attach`.
 *
 * ## Errors
 *
 * What the options' functions throw, and an id refused by `onInvalid: 'reject'`, goes to Express's
 * error handlers. A refused id that none of them answers is answered with problem details (RFC 9457).
 *
 * @example
 * app.use(requestId());
 * @example
 * app.use(requestId({ trust: ['loopback', '10.0.0.0/8'], onInvalid: 'reject' }));
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has a value that it cannot have
 */
export function requestId(options?: RequestIdOptions): Middleware {
  return nodeRequestId<Request>(options);
}
