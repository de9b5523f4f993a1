// Measures memory of one kind in its own process: node --expose-gc memory.js <kind>
import { AsyncLocalStorage } from 'node:async_hooks';
import { context } from '@request-context/core';
import { variants } from '../http/frameworks/node-http.js';
import { MemoryConnection, withId } from '../support/memory-connection.js';

const contexts = 100_000;
const requests = 2_000;
const collectGarbage = /** @type {() => void} */ (globalThis.gc);

/**
 * Returns the bytes that each open context retains while a task waits in it.
 *
 * @param {(id: string, task: () => Promise<void>) => Promise<void>} run
 */
async function retained(run) {
  let open = () => {};
  const gate = /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      open = () => resolve();
    })
  );
  const task = async () => {
    await gate;
  };
  const ids = Array.from({ length: contexts }, (_, n) => `id-${n}`);
  const tasks = new Array(contexts);
  // Allocates what the engine and the storage keep once, for any number of contexts.
  await run('first', async () => {});
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (const [n, id] of ids.entries()) tasks[n] = run(id, task);
  collectGarbage();
  const bytes = (process.memoryUsage().heapUsed - before) / contexts;
  open();
  await Promise.all(tasks);
  return bytes;
}

/** Returns the bytes that a server allocates for a request. @param {string} variant */
async function allocated(variant) {
  const server = await variants[variant]?.();
  const connection = new MemoryConnection([withId]);
  server?.emit('connection', connection);
  await connection.send(requests);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  // The young generation is large enough (see the process's options) for nothing to be collected.
  await connection.send(requests);
  return (process.memoryUsage().heapUsed - before) / requests;
}

const storage = new AsyncLocalStorage();
const store = {};
/** @type {Record<string, () => Promise<number>>} */
const kinds = {
  'retained AsyncLocalStorage': () => retained((_id, task) => storage.run(store, task)),
  'retained context.run': () => retained((requestId, task) => context.run({ requestId }, task)),
  'allocated bare': () => allocated('bare'),
  'allocated naive': () => allocated('naive'),
  'allocated request-context': () => allocated('request-context'),
  'allocated cls-rtracer': () => allocated('cls-rtracer'),
};

console.log(await kinds[process.argv[2] ?? '']?.());
process.exit();
