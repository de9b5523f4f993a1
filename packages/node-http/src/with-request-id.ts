import type { IncomingMessage, ServerResponse } from 'node:http';
import { types } from 'node:util';
import type { RequestScope } from '@request-context/core/adapter';
import { answerError } from './answer-error.ts';
import { createEntrance } from './entrance.ts';
import { dispatchRequest } from './express-prototypes.ts';
import type { RawRequest, RawResponse } from './incoming.ts';
import { reportError } from './report-error.ts';
import type { RequestWithId } from './request-with-id.ts';
import { type ServerOptions, splitOptions } from './server-options.ts';

/**
 * Wraps a request listener, so that each request has an id while it is handled and on its response.
 *
 * ## Errors
 *
 * A listener that throws, or whose promise is rejected, is answered with 500 and does not end the process. A
 * response that is under way is cut off; one that was ended is left alone. `onError` is told of the error; by
 * default, it is one line on stderr.
 *
 * @example
 * createServer(withRequestId((req, res) => res.end(`${getRequestId()}\n`))).listen(3000);
 * @example
 * withRequestId(listener, { onError: (error, { requestId }) => logger.error({ requestId, error }) });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has a value that it cannot have
 */
export function withRequestId<
  Req extends RawRequest = IncomingMessage,
  Res extends RawResponse = ServerResponse,
>(
  listener: (req: RequestWithId<Req>, res: Res) => unknown,
  // `& {}`: as the listener's `Req` is part of an intersection, TypeScript would prefer this one.
  options?: ServerOptions<Req & {}>,
): (req: Req, res: Res) => void {
  const { onError, rest } = splitOptions(options);
  const entrance = createEntrance(rest);

  function fail(scope: RequestScope, req: Req, res: Res, error: unknown): void {
    reportError(error, { requestId: scope.requestId, req }, onError);
    answerError(res, error);
  }

  function handle(scope: RequestScope, req: Req, res: Res): void {
    try {
      const result = listener(req as RequestWithId<Req>, res);
      // Of any realm.
      if (types.isPromise(result)) {
        result.then(undefined, (error: unknown) => fail(scope, req, res, error));
      }
    } catch (error) {
      fail(scope, req, res, error);
    }
  }

  return (req, res) => {
    const scope = entrance.enter(req, res, req);
    const error = scope.takeError();
    if (error !== undefined) return scope.run(fail, scope, req, res, error);
    dispatchRequest(req, runIn, scope, handle, req, res);
    entrance.enter(req, res, req);
  };
}

function runIn<Req, Res>(
  scope: RequestScope,
  handle: (scope: RequestScope, req: Req, res: Res) => void,
  req: Req,
  res: Res,
): void {
  scope.run(handle, scope, req, res);
}
