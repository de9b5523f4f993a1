import type { IncomingMessage, ServerResponse } from 'node:http';
import { types } from 'node:util';
import type { RequestScope } from '@request-context/core/adapter';
import { dispatchRequest } from './express-prototypes.ts';
import type { RawRequest, RawResponse } from './raw-message.ts';
import { reportError } from './report-error.ts';
import { createRequestScopes } from './request-scopes.ts';
import type { RequestWithId } from './request-with-id.ts';
import { sendProblem } from './send-problem.ts';
import { type ServerOptions, splitOptions } from './server-options.ts';

/**
 * Wraps a request listener, so that each request has an id while it is handled and on its response.
 *
 * ## Errors
 *
 * If the listener throws, or its promise is rejected, the response is 500, and the process goes on. A response
 * that has begun is cut off. One that has ended is left alone. `onError` is called with the error; by default,
 * one line goes to stderr.
 *
 * @example
 * createServer(withRequestId((req, res) => res.end(`${getRequestId()}\n`))).listen(3000);
 * @example
 * withRequestId(listener, { onError: (error, { requestId }) => logger.error({ requestId, error }) });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function withRequestId<
  Req extends RawRequest = IncomingMessage,
  Res extends RawResponse = ServerResponse,
>(
  listener: (req: RequestWithId<Req>, res: Res) => unknown,
  // `& {}`: otherwise TypeScript would infer `Req` from here, as the listener has it within an intersection.
  options?: ServerOptions<Req & {}>,
): (req: Req, res: Res) => void {
  const { onError, rest } = splitOptions(options);
  const scopes = createRequestScopes(rest);

  function fail(scope: RequestScope, req: Req, res: Res, error: unknown): void {
    reportError(error, { requestId: scope.requestId, req }, onError);
    sendProblem(res, error);
  }

  function handle(scope: RequestScope, req: Req, res: Res): void {
    try {
      const result = listener(req as RequestWithId<Req>, res);
      // A promise of any realm.
      if (types.isPromise(result)) {
        result.then(undefined, (error: unknown) => fail(scope, req, res, error));
      }
    } catch (error) {
      fail(scope, req, res, error);
    }
  }

  return (req, res) => {
    const scope = scopes.bind(req, res, req);
    const error = scope.takeError();
    if (error !== undefined) return scope.run(fail, scope, req, res, error);
    dispatchRequest(req, runIn, scope, handle, req, res);
    scopes.bind(req, res, req);
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
