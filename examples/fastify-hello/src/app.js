import { requestId } from '@request-context/fastify';
import Fastify, { LogController } from 'fastify';
import { hello } from './hello.js';
import { accessLogger, logger } from './logger.js';

/** Fastify's own lines about each request are left out: the access line tells as much. */
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

// Unless told otherwise, a name may be empty.
app.get('/:name([^]+)', async (/** @type {HelloRequest} */ request, reply) => {
  const greeting = await hello(request.params.name);
  // The URL as it was sent: percent-encoded, so that no name can look like something else.
  logger.info(`Received new ${request.method} ${request.originalUrl} call`);
  reply.type('text/plain; charset=utf-8');
  return greeting;
});

app.addHook('onResponse', async ({ method, originalUrl }, reply) => {
  const length = reply.getHeader('Content-Length') ?? '-';
  const time = reply.elapsedTime.toFixed(1);
  accessLogger.info(`${method} ${originalUrl} ${reply.statusCode} ${length} - ${time} ms`);
});

// A client that did not wait gets no response, and so there is no onResponse.
app.addHook('onRequestAbort', async ({ method, originalUrl }) => {
  accessLogger.info(`${method} ${originalUrl} - - - -`);
});

/** @typedef {import('fastify').FastifyRequest<{ Params: { name: string } }>} HelloRequest */
