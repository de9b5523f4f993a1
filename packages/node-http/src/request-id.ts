import type { IncomingMessage, ServerResponse } from 'node:http';
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
 * options' functions throw, and an id refused by `onInvalid: 'reject'`, is given to `next`.
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
    if (error === undefined) scope.run(next);
    else scope.run(next, error);
  };
}
