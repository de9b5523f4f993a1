import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ContextValues, context } from '@request-context/core';
import {
  type RequestContextTelemetryOptions,
  requestContextTelemetry,
} from '@request-context/propagation/bullmq';
import * as bullmq6 from 'bullmq';
import * as bullmq5 from 'bullmq5';
import { services } from './services.ts';

export type BullMQ = typeof bullmq6;
export type Processor = bullmq6.Processor;

/** Both majors of BullMQ. The tests use what both have. */
export const majors: readonly (readonly [title: string, bullmq: BullMQ])[] = [
  ['BullMQ 5', bullmq5 as unknown as BullMQ],
  ['BullMQ 6', bullmq6],
];

const { hostname: host, port } = new URL(services.redis.url);
export const connection = { host, port: Number(port) };

/** What runs in the scope of a request with this id. */
export function inRequest<T>(requestId: string, task: () => T): T {
  return context.run({ requestId }, task);
}

/** Queues and workers of one test, under a name of their own. */
export interface Bench {
  readonly name: string;
  readonly telemetry: bullmq6.Telemetry;
  queue(options?: Partial<bullmq6.QueueOptions>): bullmq6.Queue;
  flow(options?: Partial<bullmq6.QueueBaseOptions>): bullmq6.FlowProducer;
  worker(processor: Processor | URL, options?: Partial<bullmq6.WorkerOptions>): bullmq6.Worker;
  events(): Promise<bullmq6.QueueEvents>;
  /** Closes all, and removes what is in Redis. */
  close(): Promise<void>;
}

/** Creates a bench. All that it opens has the telemetry, unless the options say otherwise. */
export function createBench(bullmq: BullMQ, options?: RequestContextTelemetryOptions): Bench {
  const name = `rc_${randomUUID()}`;
  const telemetry = requestContextTelemetry(options);
  const opened: { close(): Promise<unknown> }[] = [];
  const keep = <T extends { close(): Promise<unknown> }>(one: T): T => {
    opened.unshift(one);
    return one;
  };
  return {
    name,
    telemetry,
    queue: (more) => keep(new bullmq.Queue(name, { connection, telemetry, ...more })),
    flow: (more) => keep(new bullmq.FlowProducer({ connection, telemetry, ...more })),
    worker: (processor, more) =>
      keep(new bullmq.Worker(name, processor, { connection, telemetry, ...more })),
    async events() {
      const events = keep(new bullmq.QueueEvents(name, { connection }));
      await events.waitUntilReady();
      return events;
    },
    async close() {
      for (const one of opened) await one.close();
      const queue = new bullmq.Queue(name, { connection });
      await queue.obliterate({ force: true });
      await queue.close();
    },
  };
}

/** What a processor saw. */
export interface Attempt extends Partial<ContextValues> {
  /** The name of the job. */
  readonly job: string;
  /** The id of the job, if it is a run of a scheduler. */
  readonly run?: string | undefined;
}

/** Returns a processor that records what it sees after an `await`, and fails in the first `failures` attempts. */
export function recorder(failures = 0): { processor: Processor; attempts: Attempt[] } {
  const attempts: Attempt[] = [];
  return {
    attempts,
    async processor(job) {
      await sleep(1);
      const run = job.repeatJobKey === undefined ? {} : { run: job.id };
      attempts.push({ job: job.name, ...run, ...context.toObject() });
      if (job.attemptsMade < failures) throw new Error('fails once more');
      return context.get('requestId');
    },
  };
}

/** Waits until the worker has emitted `completed` so many times. */
export async function completed(worker: bullmq6.Worker, count: number): Promise<void> {
  let left = count;
  await new Promise<void>((resolve) => {
    worker.on('completed', () => {
      left -= 1;
      if (left === 0) resolve();
    });
  });
}
