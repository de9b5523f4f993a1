import fastifyStatic5 from '@fastify/static';
import {
  type Exchange,
  publicFolder,
  type Routes,
  type Running,
} from '@request-context/conformance';
import { requestId } from '@request-context/fastify';
import fastify5, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type HTTPMethods,
} from 'fastify';
import fastify4 from 'fastify4';
import fastifyStatic4 from 'fastify4-static';
import type { FrameworkAdapter, FrameworkSetup } from '../framework-scenario.ts';

function fastifyAdapter(
  name: string,
  fastify: typeof fastify5,
  fastifyStatic: typeof fastifyStatic5,
): FrameworkAdapter {
  function createApp(routes: Routes, setup: FrameworkSetup): FastifyInstance {
    const { options = {}, before, createServer } = setup;
    const app = fastify({
      bodyLimit: 100,
      forceCloseConnections: true,
      ...(createServer === undefined ? {} : { serverFactory: createServer }),
    });
    // Leaves bodies that are not JSON for the handler to read.
    app.addContentTypeParser('*', (_request, _body, done) => done(null));
    if (before !== undefined) {
      app.addHook('onRequest', (request, reply, next) => next(void before(request.raw, reply.raw)));
    }
    app.register(requestId, options);
    app.register(fastifyStatic, { root: publicFolder });
    for (const [key, route] of Object.entries(routes)) {
      const [method = '', url = ''] = key.split(' ');
      app.route({
        method: method as HTTPMethods,
        url,
        handler: (request, reply) => settled(route(toExchange(request, reply)), reply),
      });
    }
    return app;
  }
  return {
    name,
    lacks: { bypass: "the plugin works at the server, which is Fastify's" },
    async start(routes, setup = {}): Promise<Running> {
      const app = setup.native?.fastify?.(fastify) ?? createApp(routes, setup);
      setup.onServer?.(app.server);
      const url = await app.listen({ host: '127.0.0.1', port: 0 });
      return { url, close: () => app.close() };
    },
  };
}

/** Returns what a handler must return: Fastify sends a promise's value, unless it is the reply. */
function settled(result: unknown, reply: FastifyReply): unknown {
  return result instanceof Promise ? result.then(() => reply) : undefined;
}

function toExchange(request: FastifyRequest, reply: FastifyReply): Exchange {
  return {
    req: request.raw,
    res: reply.raw,
    headers: request.raw.headers,
    body: request.body,
    send: ({ status = 200, body = '', headers = {} } = {}) =>
      void reply.code(status).headers(headers).send(body),
    redirect: (path) => void reply.code(302).header('Location', path).send(),
    stream: (body) => void reply.send(body),
    takeOver: () => {
      reply.hijack();
      return reply.raw;
    },
  };
}

export const fastifyAdapters: readonly FrameworkAdapter[] = [
  fastifyAdapter(
    'fastify-4',
    fastify4 as unknown as typeof fastify5,
    fastifyStatic4 as unknown as typeof fastifyStatic5,
  ),
  fastifyAdapter('fastify-5', fastify5, fastifyStatic5),
];
