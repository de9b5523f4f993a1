import type { Tally } from './run-scenario.ts';

/**
 * How a scenario ended. `listed`: it failed as it must, for the reason listed. `stale`: it passed although it is
 * listed. `failed` includes one that is listed, but showed another request's id.
 */
export type Outcome = 'passed' | 'failed' | 'listed' | 'stale';

/** One scenario, run once. */
export interface Result {
  readonly id: string;
  readonly title: string;
  /** Set for a scenario that shows a limit, and must fail. */
  readonly expected?: 'fails';
  /** The number of places in which the id of each request is checked. */
  readonly places: number;
  readonly outcome: Outcome;
  /** Why it must fail. */
  readonly reason?: string;
  /** The error that it failed with. */
  readonly error?: string;
  readonly tally: Tally;
}

/** One family of scenarios, run with one adapter. */
export interface Cell {
  readonly adapter: string;
  readonly family: string;
  readonly results: readonly Result[];
}

/** All that ran on one runtime. */
export interface Report {
  readonly runtime: string;
  readonly version: string;
  /** False until all have run: a process that dies leaves it false. */
  readonly isComplete: boolean;
  readonly cells: readonly Cell[];
}

/** The number of scenarios by how they ended. */
export interface Counts {
  passed: number;
  failed: number;
  /** Those that are listed, and failed as they must. */
  skipped: number;
}

/** Returns whether a result fails the run: a failure does, and so does a stale entry. */
export function isFailure({ outcome }: Result): boolean {
  return outcome === 'failed' || outcome === 'stale';
}

/** Counts the results by how they ended. */
export function countResults(results: readonly Result[]): Counts {
  const failed = results.filter(isFailure).length;
  const skipped = results.filter(({ outcome }) => outcome === 'listed').length;
  return { passed: results.length - failed - skipped, failed, skipped };
}

/**
 * Returns whether a wrong probe is the adapter's fault. It is not in a scenario that is listed, through a fault of
 * the runtime or the framework, nor in one that shows a limit.
 */
export function isAccountable({ expected, outcome }: Result): boolean {
  return expected !== 'fails' && outcome !== 'listed';
}

/** Returns the sum of the results' tallies. */
export function sumTallies(results: readonly Result[]): Tally {
  const sum: Tally = { right: 0, lost: 0, foreign: 0 };
  for (const { tally } of results) {
    sum.right += tally.right;
    sum.lost += tally.lost;
    sum.foreign += tally.foreign;
  }
  return sum;
}

/** Returns a cell in one line. */
export function summarize({ adapter, family, results }: Cell): string {
  const { right, lost, foreign } = sumTallies(results.filter(isAccountable));
  const { passed, failed, skipped } = countResults(results);
  const scenarios = `${passed} passed, ${failed} failed, ${skipped} skipped`;
  const probes = `${right} right, ${lost} lost, ${foreign} foreign`;
  return `${adapter.padEnd(10)} ${family.padEnd(14)} ${scenarios}; probes: ${probes}`;
}

/** Returns a failure in full; lines that repeat, such as the same probe of many requests, once. */
export function explain({ id, title, outcome, reason, error = '' }: Result): string {
  const message = outcome === 'stale' ? `passes, but is listed as failing: ${reason}` : error;
  const counts = new Map<string, number>();
  for (const line of message.split('\n')) {
    const text = line.replace(/,$/, '');
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const lines = [...counts].map(([text, count]) => `    ${text}${count > 1 ? `  (${count})` : ''}`);
  return [`${id}: must ${title}`, ...lines].join('\n');
}
