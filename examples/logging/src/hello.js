import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestId } from '@request-context/express';

/** @typedef {Record<'info' | 'warn' | 'error', (message: string) => unknown>} Logger */

/**
 * Greets. Everything that it calls logs the id, although no function passes it on.
 *
 * @param {Logger} logger
 * @param {string} name
 */
export async function hello(logger, name) {
  await Promise.all([sleep(3), firstCall(logger), sleep(2)]);
  await secondCall(logger);
  return `Hello, ${name}. Your request id is ${getRequestId()}.\n`;
}

/** @param {Logger} logger */
async function firstCall(logger) {
  await sleep(1);
  logger.warn('First_call called');
}

/** @param {Logger} logger */
async function secondCall(logger) {
  await sleep(1);
  logger.error('Second_call called');
}
