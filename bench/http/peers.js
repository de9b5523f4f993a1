// The peers, set up to do what eight lines by hand do: adopt the caller's id or create one, and echo it.
import { randomUUID } from 'node:crypto';
import httpContext from 'express-http-context';

/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('node:http').ServerResponse} ServerResponse */

/** Returns the caller's id, or a fresh one. @param {IncomingMessage} req */
export const adoptOrMake = (req) => String(req.headers['x-request-id'] ?? randomUUID());

export const rTracerOptions = {
  useHeader: true,
  echoHeader: true,
  headerName: 'X-Request-ID',
  requestIdFactory: () => randomUUID(),
};

/**
 * Sets and echoes the id. Mount it behind express-http-context's own middleware, which knows no ids.
 *
 * @param {IncomingMessage} req
 * @param {ServerResponse} res
 * @param {() => void} next
 */
export function httpContextId(req, res, next) {
  const id = adoptOrMake(req);
  httpContext.set('requestId', id);
  res.setHeader('X-Request-ID', id);
  next();
}
