import type { IncomingMessage } from 'node:http';
import {
  type AttachableServer,
  attachEntrance,
  createEntrance,
  type RequestIdOptions as NodeOptions,
} from '@request-context/node-http';
import type { FastifyInstance, FastifyPluginAsync, RegisterOptions } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

/**
 * Options of {@link requestId}; their functions are given Node's request (`request.raw`; over HTTP/2
 * that of its compatibility API), as the id is decided before Fastify makes its own request of it.
 */
export type RequestIdOptions = NodeOptions<IncomingMessage>;

/**
 * Gives every request an id: taken from `X-Request-ID` where it is fit to trust, made otherwise,
 * readable anywhere by `getRequestId()`, and on the response. It is Fastify's own `request.id`, so
 * that the lines that Fastify logs carry it. For Fastify 4 (from 4.24 on) and 5.
 *
 * ## Order does not matter
 *
 * The plugin works at the server: routes, hooks and encapsulated plugins registered before it are
 * covered as well. It takes the place of Fastify's options `genReqId` and `requestIdHeader`.
 *
 * ## Errors
 *
 * What the options' functions throw, and an id refused by `onInvalid: 'reject'`, is passed on by an
 * `onRequest` hook, and so goes to Fastify's error handlers.
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
    setGenReqId(fastify, (raw) => entrance.open(raw, raw).requestId);
    // Registered within an encapsulated plugin, it is for that plugin's routes alone.
    const isRoot = Object.hasOwn(fastify, 'server');
    if (isRoot) attachEntrance(fastify.server, entrance, false);

    fastify.addHook('onRequest', (request, reply, next) => {
      // Requests by inject() do not pass through the server.
      const scope = entrance.enter(request.raw, reply.raw, request.raw);
      // An encapsulated plugin may have set a genReqId of its own.
      request.id = scope.requestId;
      scope.run(next, scope.takeError());
    });
    if (isRoot) {
      // Listening on localhost, Fastify makes another server for the second address family.
      fastify.addHook('onListen', (next) => {
        for (const server of secondaryServers(fastify)) attachEntrance(server, entrance, false);
        next();
      });
    }
  },
  { fastify: '>=4.24.0', name: '@request-context/fastify' },
);

/** Fastify gives plugins its own options along with theirs. */
function withoutRegisterOptions(options: RequestIdOptions): RequestIdOptions {
  const { prefix, logLevel, logSerializers, ...own } = options as RequestIdOptions &
    RegisterOptions;
  return own;
}

/** Makes Fastify use `genReqId` for every request, whatever its `requestIdHeader` is. */
function setGenReqId(fastify: FastifyInstance, genReqId: (raw: IncomingMessage) => string): void {
  fastify.setGenReqId(genReqId);
  // With requestIdHeader, Fastify 4's default, it puts a function around ours that prefers what the
  // client sent in that header, unchecked.
  const internals = fastify as FastifyInstance & Record<symbol, unknown>;
  for (const key of Object.getOwnPropertySymbols(fastify)) {
    if (key.description === 'fastify.genReqId') internals[key] = genReqId;
  }
}

/** The servers that Fastify keeps beside `fastify.server`; it has no public list of them. */
function secondaryServers(fastify: FastifyInstance): readonly AttachableServer[] {
  const internals = fastify as FastifyInstance & Record<symbol, unknown>;
  for (const key of Object.getOwnPropertySymbols(fastify)) {
    const value = internals[key];
    if (key.description === 'fastify.serverBindings' && Array.isArray(value)) return value;
  }
  return [];
}
