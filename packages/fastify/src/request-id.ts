import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { AttachableServer, RequestIdOptions as NodeOptions } from '@request-context/node-http';
import { attachEntrance, createEntrance, problemOf } from '@request-context/node-http/adapter';
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest, RegisterOptions } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

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
 * covered as well. It takes the place of Fastify's options `genReqId` and `requestIdHeader`.
 *
 * ## Errors
 *
 * What the options' functions throw, and an id refused by `onInvalid: 'reject'`, is passed on by an
 * `onRequest` hook, and so goes to Fastify's error handlers. Where those leave the answer to a refused
 * id to Fastify, it is problem details (RFC 9457).
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
    if (options.onInvalid === 'reject') answerRefusals(fastify);
    if (isRoot) {
      // Listening on localhost, Fastify makes another server for the second address family.
      fastify.addHook('onListen', (next) => {
        for (const server of secondaryServers(fastify)) attachEntrance(server, entrance, false);
        next();
      });
    }
  },
  { fastify: '>=4.26.0', name: '@request-context/fastify' },
);

/**
 * Puts problem details in place of the JSON by which Fastify answers a refused id. The answer is
 * Fastify's own where no error handler made one: an object that is sent comes by `preSerialization`,
 * an error that is sent does not.
 */
function answerRefusals(fastify: FastifyInstance): void {
  const left = new WeakMap<FastifyRequest, Error & { code?: string }>();
  fastify.addHook('onError', (request, _reply, error, done) => {
    if (error.code === 'ERR_INVALID_REQUEST_ID') left.set(request, error);
    done();
  });
  fastify.addHook('preSerialization', (request, _reply, payload, done) => {
    left.delete(request);
    done(null, payload);
  });
  fastify.addHook('onSend', (request, reply, payload, done) => {
    const error = left.get(request);
    if (error === undefined || payload !== fastifysJson(error)) return done(null, payload);
    const { headers, body } = problemOf(error);
    for (const [name, value] of headers) reply.header(name, value);
    done(null, body);
  });
}

/**
 * How Fastify itself tells of an error. A route's schema for 400 makes something else of it.
 * Source: fastify/lib/error-handler.js, fallbackErrorHandler().
 */
function fastifysJson({ code, message }: Error & { code?: string }): string {
  return JSON.stringify({ statusCode: 400, code, error: STATUS_CODES[400], message });
}

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
