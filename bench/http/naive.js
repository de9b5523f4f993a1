// What many write by hand. It checks no id, and handles neither events nor errors.
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

const storage = new AsyncLocalStorage();

export const getNaiveId = () => storage.getStore()?.requestId;

/**
 * @template T
 * @param {import('node:http').IncomingMessage} req
 * @param {import('node:http').ServerResponse} res
 * @param {() => T} next
 */
export function naive(req, res, next) {
  const requestId = req.headers['x-request-id'] ?? randomUUID();
  res.setHeader('X-Request-ID', requestId);
  return storage.run({ requestId }, next);
}
