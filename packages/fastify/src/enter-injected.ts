import type { IncomingMessage, ServerResponse } from 'node:http';
import { wrapMethod } from '@request-context/core/adapter';
import type { Entrance } from '@request-context/node-http/adapter';
import type { FastifyInstance } from 'fastify';

type Dispatch = (this: unknown, req: IncomingMessage, res: ServerResponse) => unknown;

/** What `inject()` returns without a callback: a light-my-request chain, which dispatches later. */
interface Chain {
  dispatch: Dispatch;
  end(callback: Callback): unknown;
}

type Callback = (error: unknown, response?: unknown) => void;

/**
 * Enters requests that do not come by the server, before Fastify begins with them: those of `inject()`, by
 * which serverless adapters hand theirs over, and those of `fastify.routing`. Fastify answers a malformed URL
 * without calling a hook.
 */
export function enterInjected(fastify: FastifyInstance, entrance: Entrance<IncomingMessage>): void {
  function entering(dispatch: Dispatch): Dispatch {
    return function (req, res) {
      const scope = entrance.enter(req, res, req);
      return scope.run(Reflect.apply, dispatch, this, [req, res]);
    };
  }

  wrapMethod(fastify, 'routing', (routing) => entering(routing as Dispatch) as never);
  wrapMethod(fastify, 'inject', (inject) => {
    return function (this: unknown, options: unknown, callback?: Callback): unknown {
      const chain = Reflect.apply(inject, this, [options]) as Chain | Promise<never>;
      // A promise, rejected, once the application is closed.
      if (!('dispatch' in chain)) return callback ? chain.then(undefined, callback) : chain;
      chain.dispatch = entering(chain.dispatch);
      return callback ? chain.end(callback) : chain;
    } as never;
  });
}
