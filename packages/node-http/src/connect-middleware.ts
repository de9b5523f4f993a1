import type { IncomingMessage, ServerResponse } from 'node:http';
import { replaceErrorPage } from './replace-error-page.ts';
import { createRequestScopes } from './request-scopes.ts';
import type { RequestIdOptions } from './server-options.ts';

/** A middleware of connect and its successors. */
export type Middleware<Req extends IncomingMessage> = (
  req: Req,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Returns a middleware for connect and frameworks that follow its conventions, such as polka and restify. If a
 * function among the options throws, or `onInvalid: 'reject'` rejects an id, the error goes to `next`. If no
 * error handler responds to a rejected id, the response is problem details (RFC 9457).
 *
 * @example
 * connect().use(requestId({ trust: 'loopback' }));
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function requestId<Req extends IncomingMessage = IncomingMessage>(
  options?: RequestIdOptions<Req>,
): Middleware<Req> {
  const scopes = createRequestScopes(options);
  return function requestId(req, res, next) {
    const scope = scopes.bind(req, res, req);
    const error = scope.takeError();
    if (error === undefined) {
      scope.run(next);
    } else {
      replaceErrorPage(res, error, (body) => isFinalPage(res, body));
      scope.run(next, error);
    }
  };
}

/**
 * Returns whether a response is the page of finalhandler, by which Express and connect respond to errors that
 * no handler took. It overrides these headers, and nothing else in common use sets all of them like this.
 * Source: pillarjs/finalhandler, send(); versions 1.1 to 2.1.
 */
function isFinalPage(res: ServerResponse, body: unknown): boolean {
  return (
    res.statusCode === 400 &&
    res.getHeader('Content-Type') === 'text/html; charset=utf-8' &&
    res.getHeader('Content-Security-Policy') === "default-src 'none'" &&
    res.getHeader('X-Content-Type-Options') === 'nosniff' &&
    // Version 2 leaves out the body that would not be sent: HEAD.
    (body === undefined || String(body).includes('<title>Error</title>'))
  );
}
