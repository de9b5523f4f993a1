import type { IncomingMessage, ServerResponse } from 'node:http';
import { replacePage } from './answer-error.ts';
import { createEntrance } from './entrance.ts';
import type { RequestIdOptions } from './options.ts';

/** A middleware as connect defined it. */
export type Middleware<Req extends IncomingMessage> = (
  req: Req,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * A middleware for connect and what follows its conventions, such as polka and restify. What the
 * options' functions throw, and an id refused by `onInvalid: 'reject'`, is given to `next`; a refused
 * id that no error handler answers is answered with problem details (RFC 9457).
 *
 * @example
 * connect().use(requestId({ trust: 'loopback' }));
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has a value that it cannot have
 */
export function requestId<Req extends IncomingMessage = IncomingMessage>(
  options?: RequestIdOptions<Req>,
): Middleware<Req> {
  const entrance = createEntrance(options);
  return function requestId(req, res, next) {
    const scope = entrance.enter(req, res, req);
    const error = scope.takeError();
    if (error === undefined) {
      scope.run(next);
    } else {
      replacePage(res, error, (body) => isFinalPage(res, body));
      scope.run(next, error);
    }
  };
}

/**
 * Whether an answer is the page of finalhandler, by which Express and connect answer errors that
 * nobody handled. It overrides these headers, and nothing else in common use sets all of them so.
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
