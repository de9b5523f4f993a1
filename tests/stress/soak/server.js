// The soaked server: a separate process with a separate heap. It checks the current id at every place, and reports its
// counts to its parent.
import { EventEmitter } from 'node:events';
import { setTimeout as delay, setImmediate as immediately } from 'node:timers/promises';
import { getAdapter } from '../../kit/built-adapter.js';
import { importBuilt } from '../../kit/import-built.js';

const { context, getRequestId } = await importBuilt('core/dist/index.js');
const { findRequestScope } = await importBuilt('core/dist/adapter.js');
const adapter = await getAdapter(process.argv[2]);

/** One request in so many goes into the sample, which must be collected after the part. */
const sampling = 7;

const counts = { checks: 0, wrong: 0, opened: 0, closed: 0, aborted: 0, logged: 0, working: 0 };
/** The first checks that failed. */
const /** @type {string[]} */ problems = [];
/** Requests, responses, scopes and values of the current part. */
const /** @type {WeakRef<object>[]} */ sample = [];

/** @param {string} place @param {unknown} actual @param {unknown} expected */
function expect(place, actual, expected) {
  counts.checks += 1;
  if (actual === expected) return;
  counts.wrong += 1;
  if (problems.length < 5) problems.push(`${place}: ${actual}, not ${expected}`);
}

/**
 * Watches a request from the handler to its end. Returns a function that checks that its id is current.
 *
 * @param {any} x
 * @returns {(place: string) => void}
 */
function watch({ req, res }) {
  const sent = req.headers['x-request-id'];
  // All other ids are invalid, and replaced.
  const id = sent?.startsWith('soak-') ? sent : req.id;
  const check = (/** @type {string} */ place) => expect(place, getRequestId(), id);
  counts.opened += 1;
  if (counts.opened % sampling === 0) keepInSample(req, res, findRequestScope(req));
  for (const event of ['data', 'end', 'close', 'aborted', 'error']) {
    // A listener of 'data' makes the body flow.
    if (event !== 'data' || req.method === 'POST') req.on(event, () => check(`req ${event}`));
  }
  for (const event of ['finish', 'close', 'error']) res.on(event, () => check(`res ${event}`));
  res.on('close', () => {
    counts.closed += 1;
    if (!res.writableFinished) counts.aborted += 1;
  });
  check('handler');
  expect('req.id', req.id, id);
  return check;
}

/** @param {object[]} objects */
function keepInSample(...objects) {
  for (const object of objects) sample.push(new WeakRef(object));
}

/** Sends the current id, so that the client can compare it with the header. */
function respond(/** @type {any} */ x) {
  const body = String(getRequestId());
  x.send({ body, headers: { 'Content-Length': String(body.length) } });
}

/** Runs a task that may outlive its request. @param {() => Promise<void>} task */
async function work(task) {
  counts.working += 1;
  try {
    await task();
  } finally {
    counts.working -= 1;
  }
}

/** An error that a handler throws, and node-http writes to stderr. */
class Expected extends Error {}

const { error: writeError } = console;
console.error = (line, ...more) => {
  const id = /^Request (\S+) failed: Expected /.exec(String(line))?.[1];
  if (id === undefined) return writeError(line, ...more);
  expect('console.error', getRequestId(), id);
  counts.logged += 1;
};

const outside = context.snapshot();
/** An emitter that lives as long as the process, such as a connection to a broker. */
const bus = new EventEmitter().on('message', (check) => check('message'));

/** @type {Record<string, (x: any) => unknown>} */
const routes = {
  'GET /plain': (x) => {
    watch(x);
    respond(x);
  },
  'GET /throw': (x) => {
    watch(x);
    throw new Expected('thrown');
  },
  'GET /reject': async (x) => {
    const check = watch(x);
    await immediately();
    check('after a turn');
    throw new Expected('rejected');
  },
  'POST /body': (x) => {
    const check = watch(x);
    return new Promise((resolve) => {
      // Ends without a response when the client left.
      x.res.on('close', resolve);
      x.req.on('end', async () => {
        await immediately();
        check('after the body');
        respond(x);
        resolve(undefined);
      });
    });
  },
  'GET /stream': async (x) => {
    const check = watch(x);
    const res = x.takeOver();
    const closed = new Promise((resolve) => res.on('close', resolve));
    // Sends less than it announces, until the client leaves.
    res.writeHead(200, { 'Content-Length': '1000' });
    res.write('the beginning', () => check('write'));
    await closed;
    check('after the client left');
    void work(async () => {
      await delay(1);
      check('long after the client left');
    });
  },
  'GET /fork': async (x) => {
    const check = watch(x);
    const order = { id: getRequestId(), text: 'x'.repeat(100) };
    keepInSample(order);
    context.set('order', order);
    context.set('step', 'handler');
    const own = context.snapshot();
    /** May go on after the response. */
    const go = async (/** @type {string} */ inherit, /** @type {number} */ ms) => {
      check(`fork by ${inherit}`);
      await delay(ms);
      check(`fork by ${inherit}, later`);
      const isOwn = context.get('order') === order;
      expect(`the values in a fork by ${inherit}`, isOwn, inherit !== 'copy');
      expect(`order.id in a fork by ${inherit}`, context.get('order').id, order.id);
      context.set('step', inherit);
      await immediately();
      expect(`step in a fork by ${inherit}`, context.get('step'), inherit);
      const outer = own(() => context.get('step'));
      expect(`step after a fork by ${inherit}`, outer === inherit, inherit === 'share');
    };
    const fork = (/** @type {string} */ inherit, /** @type {number} */ ms) =>
      work(() => context.fork(() => go(inherit, ms), { inherit, values: { inherit } }));
    await Promise.all([fork('copy', 1), fork('chain', 1)]);
    void fork('copy', 3);
    void fork('chain', 4);
    void fork('share', 2);
    respond(x);
  },
  'GET /emitter': async (x) => {
    const check = watch(x);
    // Each request binds it anew, after it was bound to no request.
    outside(() => context.bindEmitter(bus));
    context.bindEmitter(bus);
    outside(() => bus.emit('message', check));
    const query = context.bindEmitter(new EventEmitter());
    keepInSample(query);
    const row = new Promise((resolve) => query.once('row', () => resolve(check('row'))));
    outside(() => setImmediate(() => query.emit('row')));
    await row;
    check('after the row');
    respond(x);
  },
};

/** @type {import('node:http').Server | undefined} */
let server;
const { url } = await adapter.start(routes, {
  onServer: (/** @type {import('node:http').Server} */ started) => {
    server = started;
  },
});
// Measuring the heap may take longer than the default, and must not close connections.
if (server !== undefined) server.keepAliveTimeout = 0;

/** Waits for open requests and tasks. Returns how much of the sample is alive, the heap's size, and the counts. */
async function measure() {
  for (let turn = 0; turn < 400 && counts.opened + counts.working > counts.closed; turn += 1) {
    await delay(5);
  }
  await collect();
  const alive = sample.filter((reference) => reference.deref() !== undefined).length;
  const sampled = sample.length;
  sample.length = 0;
  await collect();
  const { heapUsed: heap, external } = process.memoryUsage();
  return { heap, external, alive, sampled, ...counts, problems };
}

/** Collects garbage twice, with pauses in which sockets, timers and async hooks settle. */
async function collect() {
  for (let round = 0; round < 2; round += 1) {
    await delay(10);
    globalThis.gc?.();
  }
  await delay(10);
}

process.on('message', async () => process.send?.(await measure()));
process.on('disconnect', () => process.exit());
process.send?.({ url });
