import type { Tally } from './run-scenario.ts';

/**
 * How a scenario ended. `listed`: it failed as it must, for the reason listed. `stale`: it passed although it is
 * listed. One that is listed has `failed` even so where it showed another request's id.
 */
export type Outcome = 'passed' | 'failed' | 'listed' | 'stale';

/** One scenario, run once. */
export interface Result {
  readonly id: string;
  readonly title: string;
  /** It shows a limit, and must fail. */
  readonly expected?: 'fails';
  /** In how many places each of its requests is looked at. */
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
  /** False while it runs, and for good if the process dies. */
  readonly isComplete: boolean;
  readonly cells: readonly Cell[];
}

/** How many scenarios ended how. */
export interface Counts {
  passed: number;
  failed: number;
  /** Those that are listed, and failed as they must. */
  skipped: number;
}

/** Whether a result breaks the run: a failure does, and so does a stale entry. */
export function isFailure({ outcome }: Result): boolean {
  return outcome === 'failed' || outcome === 'stale';
}

export function countResults(results: readonly Result[]): Counts {
  const failed = results.filter(isFailure).length;
  const skipped = results.filter(({ outcome }) => outcome === 'listed').length;
  return { passed: results.length - failed - skipped, failed, skipped };
}

/**
 * Whether a wrong probe would be the adapter's fault. It is not where a runtime or a framework is at fault, which
 * is listed, nor where the scenario shows a limit.
 */
export function isAccountable({ expected, outcome }: Result): boolean {
  return expected !== 'fails' && outcome !== 'listed';
}

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
