// The server that is loaded: a process of its own, so that its end is seen, and its heap measured.
import { setTimeout as delay } from 'node:timers/promises';
import { getAdapter } from '../support/built-adapter.js';

const { getRequestId } = await import(
  new URL('../../packages/core/dist/index.js', import.meta.url).href
);
const adapter = await getAdapter(process.argv[2]);

const counts = { right: 0, wrong: 0, alive: 0 };
const registry = new FinalizationRegistry(() => {
  counts.alive -= 1;
});

/** Watches a request: gives what checks, anywhere, that its id is the current one. */
function watch(/** @type {any} */ { req, res }) {
  counts.alive += 1;
  registry.register(req, undefined);
  const sent = req.headers['x-request-id'];
  const check = () => {
    counts[getRequestId() === sent ? 'right' : 'wrong'] += 1;
  };
  for (const event of ['data', 'end', 'close', 'aborted', 'error']) req.on(event, check);
  for (const event of ['finish', 'close', 'error']) res.on(event, check);
  check();
  return check;
}

/** @type {import('node:http').Server | undefined} */
let server;
const running = await adapter.start(
  {
    // Answers when the body is there.
    'POST /body': (/** @type {any} */ x) => {
      const check = watch(x);
      return new Promise((resolve) => {
        x.res.on('close', resolve);
        x.req.on('end', async () => {
          await delay(5);
          check();
          x.send({ body: `${getRequestId()}` });
          resolve(undefined);
        });
      });
    },
    // Answers bit by bit.
    'GET /stream': async (/** @type {any} */ x) => {
      const check = watch(x);
      const res = x.takeOver();
      for (let n = 0; n < 5 && !res.destroyed; n += 1) {
        res.write(`${getRequestId()}\n`, check);
        await delay(5);
        check();
      }
      res.end();
    },
  },
  {
    onServer: (/** @type {import('node:http').Server} */ started) => {
      server = started;
    },
  },
);

/** The heap, when all that can go is gone. */
async function settle() {
  for (let round = 0; round < 40; round += 1) {
    globalThis.gc?.();
    await delay(25);
    if (counts.alive === 0 && round > 2) break;
  }
  return process.memoryUsage().heapUsed;
}

process.on('message', async (command) => {
  switch (command) {
    case 'measure':
      process.send?.({ heap: await settle(), ...counts });
      break;
    case 'drain':
      server?.close();
      process.send?.({});
      break;
    case 'end':
      await running.close();
      process.send?.({});
      process.disconnect();
  }
});
process.send?.({ url: running.url });
