import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { Outcome, Result } from './report.ts';
import type { Tally } from './run-scenario.ts';
import type { Level } from './types.ts';
import type { Unsupported } from './unsupported.ts';

/** What there is to run: a scenario with an adapter, or one of the core. */
export interface Task {
  readonly id: string;
  readonly level: Level;
  readonly title: string;
  /** In how many places each of its requests is looked at. */
  readonly places: number;
  /** Why the framework cannot pass it: it must fail, with an assertion. */
  readonly frameworkReason?: string | undefined;
  /** What keeps it from passing on the runtime: it must fail, with an assertion or for want of something. */
  readonly unsupported?: Unsupported | undefined;
  run(tally: Tally): Promise<void> | void;
}

/** Runs a scenario to its end, or for `limit` milliseconds. Never throws. */
export async function settle(task: Task, limit: number): Promise<Result> {
  const { id, level, title, places, frameworkReason, unsupported } = task;
  let { tally, failure, outcome } = await attempt(task, limit);
  // No probe was wrong: a connection was reset, or the machine too busy. Once may be chance.
  if (outcome === 'failed' && tally.lost === 0 && tally.foreign === 0) {
    ({ tally, failure, outcome } = await attempt(task, limit));
  }
  const reason = unsupported?.reason ?? frameworkReason;
  const error = failure === undefined ? {} : { error: describe(failure) };
  return { id, level, title, places, tally, outcome, ...(reason && { reason }), ...error };
}

/** What came of running a task once. */
interface Attempt {
  readonly tally: Tally;
  readonly failure: Failure | undefined;
  readonly outcome: Outcome;
}

async function attempt(task: Task, limit: number): Promise<Attempt> {
  const tally: Tally = { right: 0, lost: 0, foreign: 0 };
  const failure = await failureOf(() => task.run(tally), limit);
  return { tally, failure, outcome: outcomeOf(task, tally, failure) };
}

function outcomeOf(
  { level, frameworkReason, unsupported }: Task,
  tally: Tally,
  failure: Failure | undefined,
): Outcome {
  // Nothing excuses another request's id, but that the scenario is there to show it.
  if (tally.foreign > 0 && level !== 'MAY') return 'failed';
  if (unsupported?.mayPass === true) return 'listed';
  const isListed = unsupported !== undefined || frameworkReason !== undefined;
  if (failure === undefined) return isListed ? 'stale' : 'passed';
  if (unsupported !== undefined) return 'listed';
  return isListed && isAssertionError(failure) ? 'listed' : 'failed';
}

/** What a task failed with: wrapped, as anything can be thrown. */
interface Failure {
  readonly thrown: unknown;
}

async function failureOf(
  run: () => Promise<void> | void,
  limit: number,
): Promise<Failure | undefined> {
  const failures: Failure[] = [];
  // Scenarios that let an error escape on purpose have a listener of their own, beside the one here
  // or in its place.
  function onStray(thrown: unknown): void {
    if (process.listeners('uncaughtException').every((each) => each === survive)) {
      failures.push({ thrown });
    }
  }
  process.prependListener('uncaughtExceptionMonitor', onStray);
  process.on('uncaughtException', survive);
  const end = new AbortController();
  try {
    await Promise.race([run(), tooLate(limit, end.signal)]);
  } catch (thrown) {
    failures.push({ thrown });
  } finally {
    end.abort();
    process.off('uncaughtExceptionMonitor', onStray);
    process.off('uncaughtException', survive);
  }
  return failures[0];
}

async function tooLate(limit: number, signal: AbortSignal): Promise<never> {
  await delay(limit, undefined, { signal });
  throw new Error(`not done after ${limit / 1000} s`);
}

/** Keeps the process alive, for the scenarios that come after. */
function survive(): void {}

function isAssertionError({ thrown }: Failure): boolean {
  return thrown instanceof Error && thrown.name === 'AssertionError';
}

function describe({ thrown }: Failure): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : inspect(thrown);
}
