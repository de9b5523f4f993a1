import type { IncomingMessage } from 'node:http';
import type { RequestIdOptions as NodeOptions } from '@request-context/node-http';
import { attachEntrance, createEntrance } from '@request-context/node-http/adapter';
import type {
  FastifyInstance,
  FastifyPluginAsync,
  onRequestHookHandler,
  RegisterOptions,
} from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { answerRefusals } from './answer-refusals.ts';
import { enterInjected } from './enter-injected.ts';
import { moveHookFirst, secondaryServers, useGenReqId } from './internals.ts';

/**
 * Options of {@link requestId}; their functions are given Node's request (`request.raw`; over HTTP/2
 * that of its compatibility API), as the id is decided before Fastify makes its own request of it.
 */
export type RequestIdOptions = NodeOptions<IncomingMessage>;

/**
 * Gives every request an id: taken from `X-Request-ID` where it is fit to trust, made otherwise,
 * readable anywhere by `getRequestId()`, and on the response. It is Fastify's own `request.id`, so
 * that the lines that Fastify logs carry it. For Fastify 4 (from 4.26 on) and 5.
 *
 * ## Order does not matter
 *
 * The plugin works at the server: routes, hooks and encapsulated plugins registered before it are
 * covered as well. It takes the place of Fastify's options `genReqId` and `requestIdHeader`, and of
 * `setGenReqId`, wherever and whenever that is called.
 *
 * ## Errors
 *
 * What the options' functions throw, and an id refused by `onInvalid: 'reject'`, is passed on by an
 * `onRequest` hook, and so goes to Fastify's error handlers. Where those leave the response to a refused
 * id to Fastify, it is problem details (RFC 9457). An upgrade or CONNECT does not get to Fastify: it is
 * refused at the server.
 *
 * @example
 * fastify.register(requestId);
 * @example
 * fastify.register(requestId, { trust: 'loopback', inbound: ['traceparent'] });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has a value that it cannot have
 */
export const requestId: FastifyPluginAsync<RequestIdOptions> = fastifyPlugin(
  async (fastify: FastifyInstance, options: RequestIdOptions) => {
    const entrance = createEntrance(withoutRegisterOptions(options));
    useGenReqId(fastify, (raw) => entrance.open(raw, raw).requestId);
    // Registered within an encapsulated plugin, it is for that plugin's routes alone.
    const isRoot = Object.hasOwn(fastify, 'server');
    if (isRoot) {
      attachEntrance(fastify.server, entrance, { leavesRequests: true });
      enterInjected(fastify, entrance);
    }

    const enter: onRequestHookHandler = (request, reply, next) => {
      const scope = entrance.enter(request.raw, reply.raw, request.raw);
      request.id = scope.requestId;
      scope.run(next);
    };
    fastify.addHook('onRequest', enter);
    moveHookFirst(fastify, enter);
    // Errors come where the plugin was registered: after CORS headers are set, if those hooks were before.
    fastify.addHook('onRequest', ({ raw }, _reply, next) => {
      next(entrance.open(raw, raw).takeError());
    });
    if (options.onInvalid === 'reject') answerRefusals(fastify);
    if (isRoot) {
      // Listening on localhost, Fastify makes another server for the second address family.
      fastify.addHook('onListen', (next) => {
        for (const server of secondaryServers(fastify)) {
          attachEntrance(server, entrance, { leavesRequests: true });
        }
        next();
      });
    }
  },
  { fastify: '>=4.26.0', name: '@request-context/fastify' },
);

/** Fastify gives plugins its own options along with theirs. */
function withoutRegisterOptions(options: RequestIdOptions): RequestIdOptions {
  const { prefix, logLevel, logSerializers, ...own } = options as RequestIdOptions &
    RegisterOptions;
  return own;
}
