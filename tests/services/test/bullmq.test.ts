import { record } from '@request-context/conformance/engine';
import { type Job, Queue, QueueEvents, Worker } from 'bullmq';
import { createQueue, createWorker } from '../recipes/bullmq.ts';
import type { ClientCase } from '../src/run-case.ts';
import { services } from '../src/services.ts';
import { testClient } from '../src/test-client.ts';

interface Data {
  /** The id of the request that adds the job. */
  readonly to: string;
}

interface Line {
  readonly queue: Queue<Data, string>;
  readonly worker: Worker<Data, string>;
  readonly events: QueueEvents;
  /** A queue without a worker. */
  readonly idle: Queue<Data, string>;
}

const { hostname: host, port } = new URL(services.redis.url);
const connection = { host, port: Number(port) };

async function open(name: string, withRecipe: boolean): Promise<Line> {
  async function handle({ data }: Job<Data, string>): Promise<string> {
    record(data.to, 'processor');
    return data.to;
  }
  const completed = ({ data }: Job<Data, string>) => record(data.to, 'completed');
  const options = { connection, concurrency: 10 };
  const worker = withRecipe
    ? createWorker(name, handle, options)
    : new Worker<Data, string>(name, handle, options);
  worker.on('completed', completed);
  const queue = withRecipe
    ? createQueue(name, { connection })
    : new Queue<Data, string>(name, { connection });
  const events = new QueueEvents(name, { connection });
  const idle = new Queue<Data, string>(`${name}.idle`, { connection });
  // Each request adds listeners.
  for (const emitter of [queue, events, idle]) emitter.setMaxListeners(0);
  await events.waitUntilReady();
  return { queue, worker, events, idle };
}

async function close({ queue, worker, events, idle }: Line): Promise<void> {
  await worker.close();
  await events.close();
  for (const each of [queue, idle]) {
    await each.obliterate({ force: true });
    await each.close();
  }
}

const cases: ClientCase<Line>[] = [
  {
    title: '`waiting` of a queue',
    places: ['waiting'],
    async use({ idle }, { id, probe }) {
      idle.on('waiting', ({ data }) => {
        if (data.to === id) probe('waiting');
      });
      await idle.add('work', { to: id });
      return id;
    },
  },
  {
    title:
      '`await queue.add()` and `job.waitUntilFinished()`; processor and `completed` of the worker',
    places: ['add', 'waitUntilFinished', 'processor', 'completed'],
    wrong: ['processor', 'completed'],
    recipe: '`requestContextTelemetry()`, `withRequestContext(handle)`',
    async use({ queue, events }, { id, probe }) {
      const job = await queue.add('work', { to: id });
      probe('add');
      const result = await job.waitUntilFinished(events);
      probe('waitUntilFinished');
      return result;
    },
  },
];

testClient('bullmq', 'redis', { open, close }, cases);
