import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerError } from './answer-error.ts';
import { createEntrance } from './entrance.ts';
import type { RawRequest, RawResponse } from './incoming.ts';
import type { RequestIdOptions } from './options.ts';
import type { RequestWithId } from './request-with-id.ts';

/**
 * Wraps a request listener, so that each request has an id while it is handled and on its response.
 * A listener that throws, or whose promise is rejected, is answered with 500 and does not take the
 * process down; the error is written to stderr.
 *
 * @example
 * createServer(withRequestId((req, res) => res.end(`${getRequestId()}\n`))).listen(3000);
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has a value that it cannot have
 */
export function withRequestId<
  Req extends RawRequest = IncomingMessage,
  Res extends RawResponse = ServerResponse,
>(
  listener: (req: RequestWithId<Req>, res: Res) => unknown,
  // `& {}`: as the listener's `Req` is part of an intersection, TypeScript would prefer this one.
  options?: RequestIdOptions<Req & {}>,
): (req: Req, res: Res) => void {
  const entrance = createEntrance(options);

  function handle(req: Req, res: Res): void {
    try {
      const result = listener(req as RequestWithId<Req>, res);
      if (result instanceof Promise)
        result.then(undefined, (error: unknown) => answerError(res, error));
    } catch (error) {
      answerError(res, error);
    }
  }

  return (req, res) => {
    const scope = entrance.enter(req, res, req);
    const error = scope.takeError();
    if (error === undefined) scope.run(handle, req, res);
    else scope.run(answerError, res, error);
  };
}
