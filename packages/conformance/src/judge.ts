import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { Outcome, Result } from './report.ts';
import type { Tally } from './run-scenario.ts';

/** Why a scenario fails on a runtime. */
export interface Fault {
  readonly reason: string;
  /** Whether chance decides: then the scenario counts as listed when it passes too. */
  readonly mayPass?: boolean;
  /** Whether the runtime shows a request another's id. Otherwise a scenario in which that happens has failed. */
  readonly mixesIds?: boolean;
}

/** A scenario to run with an adapter, or one that needs none. */
export interface Task {
  readonly id: string;
  readonly title: string;
  /** The number of places in which the id of each request is checked. */
  readonly places: number;
  /** Set for a scenario that shows a limit: it must fail, and may show another request's id. */
  readonly expected?: 'fails' | undefined;
  /** Why it must fail with an assertion: it shows a limit, or the framework cannot pass it. */
  readonly reason?: string | undefined;
  /** Why it must fail on this runtime, with any error. */
  readonly fault?: Fault | undefined;
  run(tally: Tally): Promise<void> | void;
}

/** Milliseconds that a scenario may take. */
export const defaultLimit = 20_000;

/**
 * Runs a scenario to its end, or for `limit` milliseconds. Never throws. A scenario that fails without a wrong
 * probe runs once more: a connection may have been reset, or the machine too busy. So does one that passes although
 * it must fail: perhaps no two requests overlapped.
 */
export async function judge(task: Task, limit: number = defaultLimit): Promise<Result> {
  const { id, title, places, expected, fault } = task;
  let { tally, failure, outcome } = await attempt(task, limit);
  const isChance = outcome === 'failed' && tally.lost === 0 && tally.foreign === 0;
  if (isChance || outcome === 'stale') {
    ({ tally, failure, outcome } = await attempt(task, limit));
  }
  const reason = fault?.reason ?? task.reason;
  return {
    id,
    title,
    places,
    tally,
    outcome,
    ...(expected && { expected }),
    ...(reason && { reason }),
    ...(failure && { error: describe(failure) }),
  };
}

/** The outcome of one run of a task. */
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
  { expected, reason, fault }: Task,
  tally: Tally,
  failure: Failure | undefined,
): Outcome {
  // Nothing excuses another request's id, unless the scenario is there to show it.
  if (tally.foreign > 0 && expected !== 'fails' && fault?.mixesIds !== true) return 'failed';
  if (fault?.mayPass === true) return 'listed';
  const mustFail = fault !== undefined || reason !== undefined;
  if (failure === undefined) return mustFail ? 'stale' : 'passed';
  if (fault !== undefined) return 'listed';
  return mustFail && isAssertionError(failure) ? 'listed' : 'failed';
}

/** What a task threw: wrapped, because it may be undefined. */
interface Failure {
  readonly thrown: unknown;
}

async function failureOf(
  run: () => Promise<void> | void,
  limit: number,
): Promise<Failure | undefined> {
  const failures: Failure[] = [];
  // Scenarios that let an error escape on purpose add a listener, beside the one here or replacing it.
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

/** Keeps the process alive, for the scenarios to come. */
function survive(): void {}

function isAssertionError({ thrown }: Failure): boolean {
  return thrown instanceof Error && thrown.name === 'AssertionError';
}

/** Returns an error as text: the message of an assertion, the stack of any other error. */
function describe(failure: Failure): string {
  const { thrown } = failure;
  if (!(thrown instanceof Error)) return inspect(thrown);
  return isAssertionError(failure) ? thrown.message : (thrown.stack ?? thrown.message);
}
