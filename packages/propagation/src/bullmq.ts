import { context } from '@request-context/core';
import { runWithoutScope, shareInProcess, wrapMethod } from '@request-context/core/adapter';
import { carryNothing, jobValues } from './bullmq/carried-job.ts';
import { readJobMetadata } from './bullmq/job-metadata.ts';
import { currentJob } from './bullmq/running-job.ts';
import {
  type NormalizedPropagation,
  normalizePropagation,
  type PropagationOptions,
} from './carrier/propagation-options.ts';
import { isObject } from './internal/is-object.ts';

export {
  type RequestContextTelemetryOptions,
  requestContextTelemetry,
} from './bullmq/request-context-telemetry.ts';

type RunInJob = <T>(task: () => T) => T;

/** The workers whose `emit` enters the scope of each event's job. */
const watched: WeakSet<object> = shareInProcess(
  '@request-context/propagation/workers:1',
  () => new WeakSet(),
);
/** The scopes of the jobs whose processor has started. */
const scopes: WeakMap<object, RunInJob> = shareInProcess(
  '@request-context/propagation/job-scopes:1',
  () => new WeakMap(),
);
/** The events of a Worker whose first argument is a job. */
const jobEvents: ReadonlySet<unknown> = new Set(['active', 'completed', 'failed', 'progress']);

/**
 * Returns a processor for a Worker that runs `processor` with the id that the job's metadata carries, and with a fresh
 * id where there is none. Where the Worker has the telemetry of {@link requestContextTelemetry}, the options are that
 * telemetry's.
 *
 * Workers emit events in the scope of another job, or of who opened them. From its first job on, this Worker emits
 * those of a job (`active`, `completed`, `failed`, `progress`) in that job's scope, and all others outside of any.
 *
 * @example
 * new Worker('mails', withRequestContext(async (job) => send(job.data)), { connection, telemetry });
 * @example
 * export default withRequestContext(processor, { keys: ['tenant'] }); // the file of a sandboxed processor
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 * @throws {TypeError} when the processor is no function, such as the file of a sandboxed one
 */
export function withRequestContext<Args extends unknown[], Result>(
  processor: (...args: Args) => Result,
  options?: PropagationOptions,
): (...args: Args) => Result {
  const { propagation } = normalizePropagation(options);
  if (typeof processor !== 'function') {
    throw new TypeError('withRequestContext(processor) needs a function. A file exports one.');
  }
  function process(this: unknown, ...args: Args): Result {
    const job: unknown = args[0];
    if (isObject(this) && asRecord(job).queue === this) watch(this, propagation);
    return enterJob(propagation, job, () => {
      if (isObject(job)) scopes.set(job, context.snapshot());
      return Reflect.apply(processor, this, args);
    });
  }
  // BullMQ creates an AbortSignal for processors that take three arguments.
  Object.defineProperty(process, 'length', { value: processor.length, configurable: true });
  return process;
}

/** Makes a worker emit each event in the scope of its job, or outside of any. */
function watch(worker: object, propagation: NormalizedPropagation): void {
  if (watched.has(worker)) return;
  watched.add(worker);
  wrapMethod(
    worker,
    'emit',
    (emit) =>
      function (this: unknown, ...args: unknown[]): unknown {
        const [event, job] = args;
        const run = () => Reflect.apply(emit, this, args);
        return jobEvents.has(event) && isObject(job)
          ? enterJob(propagation, job, run)
          : runWithoutScope(run);
      },
  );
}

/** Runs a task in the scope of a job. Returns its result. */
function enterJob<T>(propagation: NormalizedPropagation, job: unknown, task: () => T): T {
  const known = isObject(job) ? scopes.get(job) : undefined;
  if (known !== undefined) return known(task);
  const { id, queueName, timestamp, opts } = asRecord(job);
  // In a sandbox, a job of BullMQ 5 has its options as they are stored.
  const { telemetry, tm } = asRecord(opts);
  const { metadata = tm } = asRecord(telemetry);
  const isStored = typeof id === 'string' && typeof timestamp === 'number';
  const { carried = carryNothing(isStored ? `${queueName}:${timestamp}` : undefined) } =
    readJobMetadata(propagation, metadata);
  const current = currentJob();
  if (current !== undefined && current.jobId === id && current.queueName === queueName) {
    current.adopt(carried);
    return task();
  }
  return context.run(jobValues(propagation, carried, String(id)), task);
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? (value as Record<string, unknown>) : {};
}
