import { context, getRequestId, newRequestId } from '@request-context/core';
import { type Job, type Queue, Worker, type WorkerOptions } from 'bullmq';

interface Data {
  readonly requestId: string;
}

/** Adds a job that carries the request's id. */
export function addJob(queue: Queue<Data, string>): Promise<Job<Data, string>> {
  return queue.add('work', { requestId: getRequestId() ?? newRequestId() });
}

/** Creates a worker that handles each job, and its end, with the id that it carries. */
export function createWorker(
  name: string,
  handle: (job: Job<Data, string>) => Promise<string>,
  completed: (job: Job<Data, string>) => void,
  options: WorkerOptions,
): Worker<Data, string> {
  const run = <T>({ data }: Job<Data, string>, task: () => T): T =>
    context.run({ requestId: data.requestId }, task);
  const worker = new Worker<Data, string>(name, (job) => run(job, () => handle(job)), options);
  // A worker's listeners run outside the processor's scope.
  worker.on('completed', (job) => run(job, () => completed(job)));
  return worker;
}
