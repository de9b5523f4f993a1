import { requestContextTelemetry, withRequestContext } from '@request-context/propagation/bullmq';
import { type Job, Queue, type QueueOptions, Worker, type WorkerOptions } from 'bullmq';

interface Data {
  readonly to: string;
}

const telemetry = requestContextTelemetry();

/** Creates a queue whose jobs carry the id of the request that adds them. */
export function createQueue(name: string, options: QueueOptions): Queue<Data, string> {
  return new Queue<Data, string>(name, { ...options, telemetry });
}

/** Creates a worker that handles each job, and emits its events, with the id that the job carries. */
export function createWorker(
  name: string,
  handle: (job: Job<Data, string>) => Promise<string>,
  options: WorkerOptions,
): Worker<Data, string> {
  return new Worker<Data, string>(name, withRequestContext(handle), { ...options, telemetry });
}
