import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createBarrier,
  type HttpScenario,
  inHandler,
  type ProbedExchange,
} from '@request-context/conformance/engine';
import { context, type Snapshot } from '@request-context/core';
import async from 'async';
import Bottleneck from 'bottleneck';
import DataLoader from 'dataloader';
import fastq from 'fastq';
import { createPool } from 'generic-pool';
import pLimit from 'p-limit';
import PQueue from 'p-queue';
import { Bus } from './bus.ts';
import { CallbackPool, concurrency } from './callback-pool.ts';

/** Works in a place of the pool. `wrap` binds the callback, or returns it as it is. */
function inPool(x: ProbedExchange, pool: CallbackPool, wrap: Wrap): Promise<void> {
  return new Promise((resolve) => {
    pool.acquire(
      wrap(() => {
        x.probe('acquired');
        setTimeout(() => {
          x.probe('used');
          pool.release();
          resolve();
        }, 1);
      }),
    );
  });
}

const poolCase = {
  probes: ['acquired', 'used', 'after'],
  open: () => new CallbackPool(),
} as const;

type Wrap = (callback: () => void) => () => void;

/** Ways to hand a callback to the pool. */
function poolScenario(id: string, how: string, createWrap: () => Wrap, fails?: string) {
  return inHandler({
    ...poolCase,
    id: `queues-pool-${id}`,
    ...(fails === undefined ? {} : { fails }),
    title: `keep the id in a hand-written pool's callback ${how}`,
    async work(x, pool) {
      await inPool(x, pool, createWrap());
      x.probe('after');
    },
  });
}

const poolScenarios: readonly HttpScenario[] = [
  poolScenario('bind', 'that is bound', () => context.bind),
  poolScenario('snapshot', 'by a snapshot', () => {
    const inThisRequest = context.snapshot();
    return (callback) => () => inThisRequest(callback);
  }),
  poolScenario(
    'plain',
    'as it is',
    () => (callback) => callback,
    'the callback is called by the request that releases its place',
  ),
  inHandler({
    ...poolCase,
    id: 'queues-pool-await',
    title: 'keep the id after an await of a place in a hand-written pool',
    async work(x, pool) {
      await new Promise<void>((resolve) => pool.acquire(resolve));
      x.probe('acquired');
      await delay(1);
      x.probe('used');
      pool.release();
      x.probe('after');
    },
  }),
];

const bus = new Bus();

/** A connection whose events come from a source that all connections share, such as a socket. */
class Connection extends EventEmitter {
  query(): Promise<void> {
    return new Promise((resolve) => {
      this.once('done', resolve);
      bus.call(() => {
        this.emit('row');
        this.emit('done');
      });
    });
  }
}

/** generic-pool, with connections that are emitters. */
function createConnectionPool() {
  return createPool(
    { create: async () => new Connection(), destroy: async () => undefined },
    { max: concurrency },
  );
}

type ConnectionPool = ReturnType<typeof createConnectionPool>;

async function endPool(pool: ConnectionPool): Promise<void> {
  await pool.drain();
  await pool.clear();
}

/** Queries with a connection of the pool. `wrap` binds the connection, or returns it as it is. */
async function withConnection(
  x: ProbedExchange,
  pool: ConnectionPool,
  wrap: (connection: Connection) => unknown,
): Promise<void> {
  const connection = await pool.acquire();
  x.probe('acquired');
  wrap(connection);
  const onRow = (): void => x.probe('row');
  connection.on('row', onRow);
  await connection.query();
  x.probe('queried');
  connection.off('row', onRow);
  await pool.release(connection);
  x.probe('released');
}

const connectionCase = {
  probes: ['acquired', 'row', 'queried', 'released'],
  open: createConnectionPool,
  close: endPool,
} as const;

const genericPoolScenarios: readonly HttpScenario[] = [
  inHandler({
    ...connectionCase,
    id: 'queues-generic-pool',
    title: 'keep the id in events of a connection from generic-pool, by bindEmitter',
    work: (x, pool) => withConnection(x, pool, context.bindEmitter),
  }),
  inHandler({
    ...connectionCase,
    id: 'queues-generic-pool-plain',
    fails: 'the connection emits where its socket is read',
    title: 'keep the id in events of a connection from generic-pool as they are',
    work: (x, pool) => withConnection(x, pool, () => undefined),
  }),
  inHandler({
    id: 'queues-generic-pool-use',
    title: "keep the id in generic-pool's use and after it",
    probes: ['used', 'after'],
    open: createConnectionPool,
    close: endPool,
    async work(x, pool) {
      await pool.use(async () => {
        await delay(1);
        x.probe('used');
      });
      x.probe('after');
    },
  }),
];

/** A request's work in the queue. */
type Job = () => Promise<void>;

/** Adds jobs to a queue, and ends it. */
interface Queue {
  /** Runs the job when there is a place. Resolves when the job is done. */
  add(job: Job): Promise<unknown>;
  end?(): unknown;
}

/** Queues of functions: each job is a function of the request that adds it. */
const queues: Readonly<Record<string, { title: string; fails?: string; open(): Queue }>> = {
  'p-limit': {
    title: 'p-limit',
    open() {
      const limit = pLimit(concurrency);
      return { add: (job) => limit(job) };
    },
  },
  'p-queue': {
    title: 'p-queue',
    fails: 'p-queue starts a job in the context of the job before (sindresorhus/p-queue#200)',
    open() {
      const queue = new PQueue({ concurrency });
      return { add: (job) => queue.add(job) };
    },
  },
  fastq: {
    title: 'fastq',
    fails: 'fastq starts a job in the context of the job before',
    open() {
      const queue = fastq<undefined, Job, void>((job, done) => {
        job().then(() => done(null), done);
      }, concurrency);
      return { add: (job) => new Promise<void>((resolve) => queue.push(job, () => resolve())) };
    },
  },
  'fastq-promise': {
    title: 'fastq.promise',
    fails: 'fastq starts a job in the context of the job before',
    open() {
      const queue = fastq.promise<undefined, Job, void>((job) => job(), concurrency);
      return { add: (job) => queue.push(job) };
    },
  },
  async: {
    title: 'async.queue',
    fails: 'async.queue starts a job in the context of the job before',
    open() {
      const queue = async.queue<Job>((job, done) => {
        job().then(() => done(), done);
      }, concurrency);
      return { add: (job) => queue.pushAsync(job) };
    },
  },
  bottleneck: {
    title: 'Bottleneck',
    fails: 'Bottleneck starts jobs in the context of the code that made it or of the job before',
    open() {
      const limiter = new Bottleneck({ maxConcurrent: concurrency });
      return { add: (job) => limiter.schedule(job), end: () => limiter.disconnect() };
    },
  },
};

function jobOf(x: ProbedExchange): Job {
  return async () => {
    x.probe('job started');
    await delay(1);
    x.probe('job done');
  };
}

const queueScenarios = Object.entries(queues).flatMap(([name, { title, fails, open }]) => {
  const shared = { open, close: (queue: Queue) => queue.end?.() };
  const probes = ['job started', 'job done', 'after'];
  return [
    inHandler({
      ...shared,
      id: `queues-${name}-bind`,
      title: `keep the id in a bound job of ${title}`,
      probes,
      async work(x, queue) {
        await queue.add(context.bind(jobOf(x)));
        x.probe('after');
      },
    }),
    inHandler({
      ...shared,
      id: `queues-${name}-plain`,
      ...(fails === undefined ? {} : { fails }),
      title: `keep the id in a job of ${title} as it is`,
      probes,
      async work(x, queue) {
        await queue.add(jobOf(x));
        x.probe('after');
      },
    }),
    inHandler({
      ...shared,
      id: `queues-${name}-await`,
      title: `keep the id after an await of a job of ${title}`,
      probes: ['after'],
      async work(x, queue) {
        await queue.add(() => delay(1));
        x.probe('after');
      },
    }),
  ];
});

/** A queue that calls back when a job is done. */
interface CallbackQueue {
  push(job: undefined, callback: () => void): unknown;
}

const callbackQueues: readonly [id: string, title: string, open: () => CallbackQueue][] = [
  ['fastq', 'fastq', () => fastq((_, done) => void setTimeout(() => done(null), 1), 1)],
  ['async', 'async.queue', () => async.queue((_, done) => void setTimeout(done, 1), 1)],
];

const callbackScenarios = callbackQueues.map(([id, title, open]) =>
  inHandler({
    id: `queues-${id}-callback`,
    title: `keep the id in the bound callback of a job of ${title}`,
    probes: ['callback'],
    open,
    work: (x, queue) =>
      new Promise<void>((resolve) => {
        const callback = context.bind(() => x.probe('callback'));
        queue.push(undefined, () => resolve(callback()));
      }),
  }),
);

/** An item for a worker outside of all requests. */
interface Item {
  /** The snapshot of the request that added the item. */
  readonly inItsRequest: Snapshot;
  handle(): void;
}

/** Processes the items of a few milliseconds together, outside of any request. */
class Batch {
  readonly #outside = context.snapshot();
  readonly #work: (item: Item) => void;
  #items: Item[] = [];

  constructor(work: (item: Item) => void) {
    this.#work = work;
  }

  add(handle: () => void): void {
    if (this.#items.push({ inItsRequest: context.snapshot(), handle }) > 1) return;
    this.#outside(setTimeout, () => {
      const items = this.#items;
      this.#items = [];
      items.forEach(this.#work);
    });
  }
}

function inBatch(x: ProbedExchange, batch: Batch): Promise<void> {
  return new Promise((resolve) => {
    batch.add(() => {
      x.probe('handled');
      resolve();
    });
  });
}

const batchScenarios: readonly HttpScenario[] = [
  inHandler({
    id: 'queues-batch-snapshot',
    title: "keep the id in a batch that runs each item in its request's snapshot",
    probes: ['handled'],
    open: () => new Batch(({ inItsRequest, handle }) => inItsRequest(handle)),
    work: inBatch,
  }),
  inHandler({
    id: 'queues-batch-plain',
    fails: 'the batch is processed outside any request',
    title: 'keep the id in a batch that runs the items as they are',
    probes: ['handled'],
    open: () => new Batch(({ handle }) => handle()),
    work: inBatch,
  }),
];

/** Returns a loader whose batches probe for each key. */
function createLoader(): DataLoader<ProbedExchange, boolean> {
  return new DataLoader(async (exchanges) => {
    await delay(1);
    for (const x of exchanges) x.probe('batch');
    return exchanges.map(() => true);
  });
}

/** A key with its request's snapshot, for loaders that requests share. */
interface BoundKey {
  readonly x: ProbedExchange;
  readonly inItsRequest: Snapshot;
}

const dataLoaderScenarios: readonly HttpScenario[] = [
  inHandler({
    id: 'queues-dataloader',
    title: 'keep the id in and after a batch of a DataLoader made for the request',
    probes: ['batch', 'after'],
    open: () => createBarrier(),
    async work(x, meet) {
      await meet();
      const loader = createLoader();
      await Promise.all([loader.load(x), loader.load({ ...x })]);
      x.probe('after');
    },
  }),
  inHandler({
    id: 'queues-dataloader-shared-await',
    title: 'keep the id after an await of a DataLoader that requests share',
    probes: ['after'],
    open: () => ({ meet: createBarrier(), loader: new DataLoader(async (keys) => [...keys]) }),
    async work(x, { meet, loader }) {
      await meet();
      await loader.load(x);
      x.probe('after');
    },
  }),
  inHandler({
    id: 'queues-dataloader-shared',
    title: 'keep the id for each key of a shared DataLoader that brings a snapshot along',
    probes: ['key'],
    open: () => ({
      meet: createBarrier(),
      loader: new DataLoader(async (keys: readonly BoundKey[]) =>
        keys.map(({ x, inItsRequest }) => inItsRequest(() => x.probe('key'))),
      ),
    }),
    async work(x, { meet, loader }) {
      await meet();
      await loader.load({ x, inItsRequest: context.snapshot() });
    },
  }),
  inHandler({
    id: 'queues-dataloader-shared-plain',
    fails: 'one batch serves several requests',
    title: 'keep the id in a batch of a DataLoader that requests share',
    probes: ['batch'],
    open: () => ({ meet: createBarrier(), loader: createLoader() }),
    async work(x, { meet, loader }) {
      await meet();
      await loader.load(x);
    },
  }),
];

const asyncScenarios: readonly HttpScenario[] = [
  inHandler({
    id: 'queues-async-collections',
    title: "keep the id in async's series, parallelLimit, mapLimit and waterfall",
    probes: ['series', 'parallelLimit', 'mapLimit', 'waterfall', 'callback'],
    async work(x) {
      const step = (label: string) => (done: (error?: Error | null) => void) =>
        setTimeout(() => {
          x.probe(label);
          done();
        }, 1);
      await async.series([step('series'), step('series')]);
      const steps = [1, 2, 3].map(() => step('parallelLimit'));
      await async.parallelLimit(steps, 2);
      await async.mapLimit([1, 2, 3], 2, (_, done) => step('mapLimit')(done));
      await new Promise<void>((resolve) =>
        async.waterfall([step('waterfall'), step('waterfall')], () => {
          x.probe('callback');
          resolve();
        }),
      );
    },
  }),
];

export const queuesScenarios: readonly HttpScenario[] = [
  ...poolScenarios,
  ...genericPoolScenarios,
  ...queueScenarios,
  ...callbackScenarios,
  ...batchScenarios,
  ...dataLoaderScenarios,
  ...asyncScenarios,
];
