// A worker thread or a child process. It replies to each message with what its handler saw.
import { Server } from 'node:net';
import process from 'node:process';
import { parentPort } from 'node:worker_threads';
import { importBuilt } from '../../../../tests/kit/import-built.js';

const { context, getRequestId } = await importBuilt('core/dist/index.js');
const { contextFromEnv, onMessage, wrapMessage } = await importBuilt(
  'propagation/dist/worker-threads.js',
);

const port = parentPort ?? process;
/** @param {unknown} message */
const post = (message) =>
  parentPort === null ? process.send?.(message) : parentPort.postMessage(message);

const options = { keys: ['tenant'] };
const stop = onMessage(
  port,
  /** @param {any} value @param {unknown} detail */
  async (value, detail) => {
    if (value === 'stop') return stop();
    if (value === 'throw') throw new Error('on purpose');
    const before = getRequestId();
    await new Promise((resolve) => setTimeout(resolve, 1));
    const isServer = detail instanceof Server;
    if (detail instanceof Server) detail.close();
    const seen = { id: getRequestId(), before, tenant: context.get('tenant'), isServer };
    post(wrapMessage({ value, ...seen }, options));
  },
  options,
);

post({ env: contextFromEnv(options) });
