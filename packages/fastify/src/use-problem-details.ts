import { STATUS_CODES } from 'node:http';
import { problemOf } from '@request-context/node-http/adapter';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/**
 * Makes Fastify respond to a rejected id with problem details instead of its own JSON. The response is Fastify's
 * own where no error handler has sent one: an object that is sent passes `preSerialization`, and an error that
 * is sent does not.
 */
export function useProblemDetails(fastify: FastifyInstance): void {
  const unhandled = new WeakMap<FastifyRequest, Error & { code?: string }>();
  fastify.addHook('onError', (request, _reply, error, done) => {
    if (error.code === 'ERR_INVALID_REQUEST_ID') unhandled.set(request, error);
    done();
  });
  fastify.addHook('preSerialization', (request, _reply, payload, done) => {
    unhandled.delete(request);
    done(null, payload);
  });
  fastify.addHook('onSend', (request, reply, payload, done) => {
    const error = unhandled.get(request);
    if (error === undefined || payload !== fastifysJson(error)) return done(null, payload);
    const { headers, body } = problemOf(error);
    for (const [name, value] of headers) reply.header(name, value);
    done(null, body);
  });
}

/**
 * Returns Fastify's own JSON for an error. A route with a schema for 400 sends something else.
 * Source: fastify/lib/error-handler.js, fallbackErrorHandler().
 */
function fastifysJson({ code, message }: Error & { code?: string }): string {
  return JSON.stringify({ statusCode: 400, code, error: STATUS_CODES[400], message });
}
