import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestId } from '@request-context/express';
import { logger } from './logger.js';

/**
 * Greets. Everything that it calls logs the id, although no function passes it on.
 *
 * @param {string} name
 */
export async function hello(name) {
  await Promise.all([sleep(3), firstCall(), sleep(2)]);
  await secondCall();
  return `Hello, ${name}. Your request id is ${getRequestId()}.\n`;
}

async function firstCall() {
  await sleep(1);
  logger.warn('First_call called');
}

async function secondCall() {
  await sleep(1);
  logger.error('Second_call called');
}
