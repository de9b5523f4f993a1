import { context, getRequestId, newRequestId } from '@request-context/core';
import { type Job, Queue, QueueEvents, Worker } from 'bullmq';
import { services } from '../services.ts';
import type { ClientCase, ClientSuite, Exchange, Note } from '../types.ts';

interface Data {
  readonly requestId: string;
}

/** A queue with its worker. */
interface Line {
  readonly queue: Queue<Data, string>;
  readonly worker: Worker<Data, string>;
  readonly events: QueueEvents;
}

interface Lines {
  readonly plain: Line;
  /** The same, by the recipe. */
  readonly carried: Line;
  /** A queue that nobody works on. */
  readonly idle: Queue<Data, string>;
}

const { hostname: host, port } = new URL(services.redis.url);
const connection = { host, port: Number(port) };

async function open(name: string, note: Note): Promise<Lines> {
  async function handle({ data }: Job<Data, string>): Promise<string> {
    note(data.requestId, 'processor', getRequestId());
    return data.requestId;
  }
  const completed = ({ data }: Job<Data, string>) => {
    note(data.requestId, 'completed', getRequestId());
  };
  const plain = await openLine(`${name}.plain`, plainWorker(`${name}.plain`, handle, completed));
  const carried = await openLine(`${name}.carried`, worker(`${name}.carried`, handle, completed));
  const idle = new Queue<Data, string>(`${name}.idle`, { connection });
  // Each request has a listener of its own.
  idle.setMaxListeners(0);
  return { plain, carried, idle };
}

async function close({ plain, carried, idle }: Lines): Promise<void> {
  for (const { worker, events } of [plain, carried]) {
    await worker.close();
    await events.close();
  }
  for (const queue of [plain.queue, carried.queue, idle]) {
    await queue.obliterate({ force: true });
    await queue.close();
  }
}

async function openLine(name: string, worker: Worker<Data, string>): Promise<Line> {
  const queue = new Queue<Data, string>(name, { connection });
  const events = new QueueEvents(name, { connection });
  // waitUntilFinished() adds listeners for each job.
  queue.setMaxListeners(0);
  events.setMaxListeners(0);
  await events.waitUntilReady();
  return { queue, worker, events };
}

type Handle = (job: Job<Data, string>) => Promise<string>;
type Completed = (job: Job<Data, string>) => void;

function plainWorker(name: string, handle: Handle, completed: Completed): Worker<Data, string> {
  const worker = new Worker<Data, string>(name, handle, { connection, concurrency: 10 });
  worker.on('completed', completed);
  return worker;
}

function worker(name: string, handle: Handle, completed: Completed): Worker<Data, string> {
  const worker = new Worker<Data, string>(
    name,
    (job) => context.run({ requestId: job.data.requestId }, () => handle(job)),
    { connection, concurrency: 10 },
  );
  worker.on('completed', (job) => {
    context.run({ requestId: job.data.requestId }, () => completed(job));
  });
  return worker;
}

async function work({ queue, events }: Line, { probe }: Exchange): Promise<string> {
  const job = await queue.add('work', { requestId: getRequestId() ?? newRequestId() });
  probe('add');
  const result = await job.waitUntilFinished(events);
  probe('waitUntilFinished');
  return result;
}

const cases: ClientCase<Lines>[] = [
  {
    title: '`waiting` of a queue',
    places: ['waiting'],
    async use({ idle }, { id, probe }) {
      idle.on('waiting', ({ data }) => {
        if (data.requestId === id) probe('waiting');
      });
      await idle.add('work', { requestId: id });
      return id;
    },
  },
  {
    title:
      '`await queue.add()` and `job.waitUntilFinished()`; processor and `completed` of the worker',
    places: ['add', 'waitUntilFinished', 'processor', 'completed'],
    use: ({ plain }, exchange) => work(plain, exchange),
    wrong: {
      places: ['processor', 'completed'],
      recipe: '`context.run(values, handle)`',
      use: ({ carried }, exchange) => work(carried, exchange),
    },
  },
];

export const bullmq: ClientSuite<Lines> = { name: 'bullmq', service: 'redis', open, close, cases };
