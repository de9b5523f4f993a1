import type { IncomingMessage } from 'node:http';
import type { RequestIdOptions as NodeOptions } from '@request-context/node-http';
import { attachRequestScopes, createRequestScopes } from '@request-context/node-http/adapter';
import type {
  FastifyInstance,
  FastifyPluginAsync,
  onRequestHookHandler,
  RegisterOptions,
} from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { bindInjected } from './bind-injected.ts';
import { moveHookFirst, secondaryServers, useGenReqId } from './fastify-internals.ts';
import { useProblemDetails } from './use-problem-details.ts';

/**
 * Options of {@link requestId}. Their functions are called with Node's request (`request.raw`; over HTTP/2, that
 * of its compatibility API), as the id is decided before Fastify creates its own request.
 */
export type RequestIdOptions = NodeOptions<IncomingMessage>;

/**
 * A plugin that gives every request an id: the one in `X-Request-ID` if it is trusted and valid, and a fresh one
 * otherwise. Read it anywhere by `getRequestId()`, and on the response. It is Fastify's own `request.id`, so
 * Fastify's log lines carry it. For Fastify 4 (from 4.26 on) and 5.
 *
 * ## Order does not matter
 *
 * The plugin works at the server: it covers routes, hooks and encapsulated plugins that were registered before it
 * as well. It overrides Fastify's options `genReqId` and `requestIdHeader`, and all calls of `setGenReqId`,
 * earlier or later.
 *
 * ## Errors
 *
 * If a function among the options throws, or `onInvalid: 'reject'` rejects an id, an `onRequest` hook passes the
 * error to Fastify's error handlers. If none of them responds to a rejected id, the response is problem details
 * (RFC 9457). An upgrade or CONNECT never reaches Fastify: the server itself refuses it.
 *
 * @example
 * fastify.register(requestId);
 * @example
 * fastify.register(requestId, { trust: 'loopback', inbound: ['traceparent'] });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export const requestId: FastifyPluginAsync<RequestIdOptions> = fastifyPlugin(
  async (fastify: FastifyInstance, options: RequestIdOptions) => {
    const scopes = createRequestScopes(withoutRegisterOptions(options));
    useGenReqId(fastify, (raw) => scopes.open(raw, raw).requestId);
    // Registered within an encapsulated plugin, it covers that plugin's routes alone.
    const isRoot = Object.hasOwn(fastify, 'server');
    if (isRoot) {
      attachRequestScopes(fastify.server, scopes, { leavesRequests: true });
      bindInjected(fastify, scopes);
    }

    const enterScope: onRequestHookHandler = (request, reply, next) => {
      const scope = scopes.bind(request.raw, reply.raw, request.raw);
      request.id = scope.requestId;
      scope.run(next);
    };
    fastify.addHook('onRequest', enterScope);
    moveHookFirst(fastify, enterScope);
    // Errors are passed on where the plugin was registered: after CORS hooks that were registered before it.
    fastify.addHook('onRequest', ({ raw }, _reply, next) => {
      next(scopes.open(raw, raw).takeError());
    });
    if (options.onInvalid === 'reject') useProblemDetails(fastify);
    if (isRoot) {
      // When it listens on localhost, Fastify creates another server for the second address family.
      fastify.addHook('onListen', (next) => {
        for (const server of secondaryServers(fastify)) {
          attachRequestScopes(server, scopes, { leavesRequests: true });
        }
        next();
      });
    }
  },
  { fastify: '>=4.26.0', name: '@request-context/fastify' },
);

/** Returns the plugin's options without those of `fastify.register()`, which Fastify passes along with them. */
function withoutRegisterOptions(options: RequestIdOptions): RequestIdOptions {
  const { prefix, logLevel, logSerializers, ...own } = options as RequestIdOptions &
    RegisterOptions;
  return own;
}
