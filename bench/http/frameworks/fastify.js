import { fastifyRequestContext, requestContext } from '@fastify/request-context';
import { getRequestId, requestId } from '@request-context/fastify';
import rTracer from 'cls-rtracer';
import Fastify from 'fastify';
import { getNaiveId, naive } from '../naive.js';
import { adoptOrMake, rTracerOptions } from '../peers.js';

/** Typed for any key, because users declare the keys. */
const peer = /** @type {{ get(key: string): unknown }} */ (requestContext);

export const title = 'Fastify 5';

/**
 * @param {(request: import('fastify').FastifyRequest) => unknown} getId
 * @param {(fastify: import('fastify').FastifyInstance) => unknown} [setUp]
 */
async function serve(getId, setUp) {
  const fastify = Fastify();
  setUp?.(fastify);
  fastify.get('/', async (request) => {
    await null;
    return String(getId(request));
  });
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  return fastify.server;
}

const serveNaive = () =>
  serve(getNaiveId, (fastify) =>
    fastify.addHook('onRequest', (request, reply, done) => naive(request.raw, reply.raw, done)),
  );

/** @type {import('../variants.js').Variants} */
export const variants = {
  bare: () => serve((request) => request.headers['x-request-id']),
  naive: serveNaive,
  'naive, again': serveNaive,
  'request-context': () => serve(getRequestId, (fastify) => fastify.register(requestId)),
  'cls-rtracer': () =>
    serve(rTracer.id, (fastify) => fastify.register(rTracer.fastifyPlugin, rTracerOptions)),
  '@fastify/request-context': () =>
    serve(
      () => peer.get('requestId'),
      (fastify) => {
        fastify.register(fastifyRequestContext, {
          defaultStoreValues: (request) => ({ requestId: adoptOrMake(request.raw) }),
        });
        fastify.addHook('onRequest', (_request, reply, done) => {
          reply.header('X-Request-ID', peer.get('requestId'));
          done();
        });
      },
    ),
};
