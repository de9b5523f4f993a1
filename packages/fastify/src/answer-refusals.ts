import { STATUS_CODES } from 'node:http';
import { problemOf } from '@request-context/node-http/adapter';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/**
 * Puts problem details in place of the JSON by which Fastify answers a refused id. The answer is
 * Fastify's own where no error handler made one: an object that is sent comes by `preSerialization`,
 * an error that is sent does not.
 */
export function answerRefusals(fastify: FastifyInstance): void {
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
