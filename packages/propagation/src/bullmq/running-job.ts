import { type Context, type ContextValues, context, createContext } from '@request-context/core';
import { shareInProcess } from '@request-context/core/adapter';
import type { CarriedJob } from './carried-job.ts';

/** An attempt at a job, in whose scope the telemetry runs the processor. */
export interface RunningJob {
  readonly queueName: string | undefined;
  readonly jobId: string | undefined;
  readonly requestId: string | undefined;
  readonly carried: CarriedJob;
  /** Whether the job is completed or has failed. */
  readonly isOver: boolean;
  /** Replaces what the job carries if its metadata had nothing valid. */
  adopt(carried: CarriedJob): void;
}

const jobs: Context<{ job?: RunningJob }> = shareInProcess(
  '@request-context/propagation/jobs:1',
  () => createContext<{ job?: RunningJob }>({ name: 'request-context-jobs' }),
);

/** Runs a task as a part of a job, with the job's values. Returns its result. */
export function runJob<T>(job: RunningJob, values: Partial<ContextValues>, task: () => T): T {
  return jobs.run({ job }, () => context.run(values, task));
}

/** Runs a task outside of any job. Returns its result. */
export function runWithoutJob<T>(task: () => T): T {
  return jobs.run({}, task);
}

/**
 * Returns the job in whose scope the code runs. A request that the job caused in this process, and any other scope that
 * was opened inside of it, is not the job's.
 */
export function currentJob(): RunningJob | undefined {
  const job = jobs.get('job');
  return job?.requestId === context.get('requestId') ? job : undefined;
}
