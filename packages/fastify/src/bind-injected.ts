import type { IncomingMessage, ServerResponse } from 'node:http';
import { wrapMethod } from '@request-context/core/adapter';
import type { RequestScopes } from '@request-context/node-http/adapter';
import type { FastifyInstance } from 'fastify';

type Dispatch = (this: unknown, req: IncomingMessage, res: ServerResponse) => unknown;

/** The light-my-request chain that `inject()` returns without a callback. It dispatches later. */
interface Chain {
  dispatch: Dispatch;
  end(callback: Callback): unknown;
}

type Callback = (error: unknown, response?: unknown) => void;

/**
 * Binds requests that bypass the server, before Fastify handles them: those of `inject()`, which serverless
 * adapters use, and those of `fastify.routing`. A hook would be too late: Fastify responds to a malformed URL
 * without calling one.
 */
export function bindInjected(
  fastify: FastifyInstance,
  scopes: RequestScopes<IncomingMessage>,
): void {
  function inScope(dispatch: Dispatch): Dispatch {
    return function (req, res) {
      const scope = scopes.bind(req, res, req);
      return scope.run(Reflect.apply, dispatch, this, [req, res]);
    };
  }

  wrapMethod(fastify, 'routing', (routing) => inScope(routing as Dispatch) as never);
  wrapMethod(fastify, 'inject', (inject) => {
    return function (this: unknown, options: unknown, callback?: Callback): unknown {
      const chain = Reflect.apply(inject, this, [options]) as Chain | Promise<never>;
      // A rejected promise, once the application is closed.
      if (!('dispatch' in chain)) return callback ? chain.then(undefined, callback) : chain;
      chain.dispatch = inScope(chain.dispatch);
      return callback ? chain.end(callback) : chain;
    } as never;
  });
}
