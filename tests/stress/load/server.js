// The loaded server: a separate process, so that the test sees its end and measures its heap.
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { getAdapter } from '../../kit/built-adapter.js';
import { importBuilt } from '../../kit/import-built.js';
import { plainAdapters } from './plain-http.js';

const { getRequestId, newRequestId } = await importBuilt('core/dist/index.js');
const { attach } = await importBuilt('node-http/dist/index.js');
const [, , name = '', mode] = process.argv;
const adapter = plainAdapters[name] ?? (await getAdapter(name));

const counts = { right: 0, wrong: 0, alive: 0 };
const registry = new FinalizationRegistry(() => {
  counts.alive -= 1;
});

/** @param {object} req */
function watchLife(req) {
  counts.alive += 1;
  registry.register(req, undefined);
}

/**
 * Watches a request. Returns a function that checks that its id is current.
 *
 * @param {any} exchange
 */
function watch({ req, res, socket }) {
  watchLife(req);
  const sent = req.headers['x-request-id'];
  const check = () => {
    counts[getRequestId() === sent ? 'right' : 'wrong'] += 1;
  };
  for (const event of ['data', 'end', 'close', 'aborted', 'error']) req.on(event, check);
  for (const event of ['finish', 'close', 'error']) res?.on(event, check);
  for (const event of ['data', 'end', 'finish', 'close', 'error']) socket?.on(event, check);
  check();
  return check;
}

/** @typedef {{ promise: Promise<void>, resolve: () => void }} Latch */

/**
 * By socket, what a request waits for that responds only after another request of its connection failed.
 *
 * @type {WeakMap<import('node:net').Socket, Latch>}
 */
const latches = new WeakMap();

/** @param {import('node:net').Socket} socket @returns {Latch} */
function failureOn(socket) {
  let latch = latches.get(socket);
  if (latch === undefined) {
    let resolve = () => {};
    /** @type {Promise<void>} */
    const promise = new Promise((done) => {
      resolve = done;
    });
    socket.once('close', resolve);
    latch = { promise, resolve };
    latches.set(socket, latch);
  }
  return latch;
}

/** @param {any} exchange */
function fail({ req }) {
  // After the response to the failure. HTTP/2 has no order of responses.
  if (req.httpVersionMajor === 1) setImmediate(failureOn(req.socket).resolve);
  throw new Error('thrown on purpose');
}

const block = 'x'.repeat(64 * 1024);

/** @type {Record<string, (exchange: any) => unknown>} */
const failures = {
  'GET /ok': (x) => {
    watch(x);
    x.send({ body: `${getRequestId()}` });
  },
  // Arrives first, and responds once a request behind it has failed.
  'GET /first': async (x) => {
    const check = watch(x);
    await failureOn(x.req.socket).promise;
    check();
    x.send({ body: `${getRequestId()}` });
  },
  'GET /half': async (x) => {
    const check = watch(x);
    x.takeOver().write(`${getRequestId()}\n`);
    await turn();
    check();
    fail(x);
  },
  'GET /ended': (x) => {
    watch(x);
    const res = x.takeOver();
    res.setHeader('Content-Length', block.length);
    res.end(block);
    fail(x);
  },
  'GET /throws': (x) => {
    watch(x);
    fail(x);
  },
  'GET /rejects': async (x) => {
    const check = watch(x);
    await turn();
    check();
    fail(x);
  },
};

const rejectingOptions = {
  onInvalid: /** @type {const} */ ('reject'),
  /** @param {any} req */
  generate(req) {
    watchLife(req);
    if (req.headers['x-generate'] === 'throws') throw new Error('thrown on purpose');
    return newRequestId();
  },
};

/** Refuses upgrades and CONNECTs with a valid id, as an application does that serves none. */
function decline(/** @type {any} */ req, /** @type {import('node:net').Socket} */ socket) {
  watch({ req, socket });
  const id = `${getRequestId()}`;
  const head = `HTTP/1.1 403 Forbidden\r\nX-Request-ID: ${id}\r\nContent-Length: ${id.length}`;
  socket.end(`${head}\r\nConnection: close\r\n\r\n${id}`, () => socket.destroy());
}

/** @type {import('node:http').Server | undefined} */
let server;
const running = await adapter.start(
  {
    // Responds after the body.
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
    // Responds bit by bit.
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
    ...failures,
  },
  {
    options: mode === 'attached' ? rejectingOptions : {},
    onServer: (/** @type {import('node:http').Server} */ started) => {
      server = started;
      if (mode !== 'attached') return;
      // Fastify's plugin attaches itself.
      if (!name.startsWith('fastify')) attach(started, rejectingOptions);
      started.on('upgrade', decline);
      // HTTP/2 passes a response to `connect`.
      if (name !== 'plain-http2') started.on('connect', decline);
    },
  },
);

/** Returns the bytes of the heap once all requests are collected, or after a second. */
async function measureHeap() {
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
      process.send?.({ heap: await measureHeap(), ...counts });
      break;
    case 'count':
      server?.getConnections((_error, connections) => process.send?.({ connections }));
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
