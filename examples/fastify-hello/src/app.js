import { requestId } from '@request-context/fastify';
import Fastify, { LogController } from 'fastify';
import { hello } from './hello.js';
import { accessLogger, logger } from './logger.js';

/** Turns off Fastify's own lines about each request: the access line has the same information. */
class QuietLogController extends LogController {
  /** @override */
  incomingRequest() {}
  /** @override */
  requestCompleted() {}
  /** @override */
  routeNotFound() {}
}

export const app = Fastify({ loggerInstance: logger, logController: new QuietLogController() });

app.register(requestId);

// `[^]+` requires a name: by default, Fastify's parameters match an empty one.
app.get('/:name([^]+)', async (/** @type {HelloRequest} */ request, reply) => {
  const greeting = await hello(request.params.name);
  // Log the URL as the client sent it: percent-encoded, so no name can forge a line.
  logger.info(`Received new ${request.method} ${request.originalUrl} call`);
  reply.type('text/plain; charset=utf-8');
  return greeting;
});

app.addHook('onResponse', async ({ method, originalUrl }, reply) => {
  const length = reply.getHeader('Content-Length') ?? '-';
  const time = reply.elapsedTime.toFixed(1);
  accessLogger.info(`${method} ${originalUrl} ${reply.statusCode} ${length} - ${time} ms`);
});

// A client that leaves gets no response, so Fastify does not call onResponse.
app.addHook('onRequestAbort', async ({ method, originalUrl }) => {
  accessLogger.info(`${method} ${originalUrl} - - - -`);
});

/** @typedef {import('fastify').FastifyRequest<{ Params: { name: string } }>} HelloRequest */
