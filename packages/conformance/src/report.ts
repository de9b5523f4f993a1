import type { Tally } from './run-scenario.ts';
import type { Level } from './types.ts';

/**
 * How a scenario came out. `listed`: it failed as the lists of what is unsupported say. `stale`: it
 * passed although they say that it cannot. `failed` in spite of them: it showed another request's id.
 */
export type Outcome = 'passed' | 'failed' | 'listed' | 'stale';

/** One scenario, run once. */
export interface Result {
  readonly id: string;
  readonly level: Level;
  readonly title: string;
  /** In how many places each of its requests is looked at. */
  readonly places: number;
  readonly outcome: Outcome;
  /** Why it is listed. */
  readonly reason?: string;
  /** What it failed with. */
  readonly error?: string;
  readonly tally: Tally;
}

/** One family of scenarios, run with one adapter. */
export interface Cell {
  readonly adapter: string;
  readonly family: string;
  readonly results: readonly Result[];
}

/** All that was run on one runtime. */
export interface Report {
  readonly runtime: string;
  readonly version: string;
  /** False while it runs, and ever after if it died. */
  readonly isComplete: boolean;
  readonly cells: readonly Cell[];
}

/** How many scenarios came out how. */
export interface Counts {
  passed: number;
  failed: number;
  /** Listed, with the reason, and failed as they must. */
  skipped: number;
}

/** What breaks the run: a stale entry does as a failure does. */
export function isFailure({ outcome }: Result): boolean {
  return outcome === 'failed' || outcome === 'stale';
}

export function countResults(results: readonly Result[]): Counts {
  const failed = results.filter(isFailure).length;
  const skipped = results.filter(({ outcome }) => outcome === 'listed').length;
  return { passed: results.length - failed - skipped, failed, skipped };
}

/**
 * Whether a probe that is wrong would be a fault of this project: not where a runtime or a framework
 * is at fault, which is listed, nor where the scenario is there to show what happens without bind.
 */
export function isAnsweredFor({ level, outcome }: Result): boolean {
  return level !== 'MAY' && outcome !== 'listed';
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

/** A cell in one line. */
export function summarize({ adapter, family, results }: Cell): string {
  const { right, lost, foreign } = sumTallies(results.filter(isAnsweredFor));
  const { passed, failed, skipped } = countResults(results);
  const scenarios = `${passed} passed, ${failed} failed, ${skipped} unsupported`;
  const probes = `${right} right, ${lost} lost, ${foreign} foreign`;
  return `${adapter.padEnd(10)} ${family.padEnd(14)} ${scenarios}; probes: ${probes}`;
}

/** A failure in full; lines that repeat, such as the same probe of many requests, once. */
export function explain({ id, level, title, outcome, reason, error = '' }: Result): string {
  const message = outcome === 'stale' ? `passes, but is listed: ${reason}` : error;
  const counts = new Map<string, number>();
  for (const line of message.split('\n')) {
    const text = line.replace(/,$/, '');
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const lines = [...counts].map(([text, count]) => `    ${text}${count > 1 ? `  (${count})` : ''}`);
  return [`${level} ${id}: ${title}`, ...lines].join('\n');
}
