import assert from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { judge, type Task } from '../src/judge.ts';
import { countResults, explain, type Outcome } from '../src/report.ts';

type Run = Task['run'];

const passes: Run = () => {};
const asserts: Run = async () => assert.fail('on purpose');
const throws: Run = () => {
  throw new TypeError('on purpose');
};
const hangs: Run = () => new Promise(() => {});
const mixes: Run = async (tally) => {
  tally.foreign += 2;
  assert.fail('on purpose');
};

function judged(run: Run, reasons: Partial<Task> = {}) {
  return judge({ id: 'it', title: 'a task', places: 1, run, ...reasons }, 50);
}

describe('judge', () => {
  const byFramework = { reason: 'the framework' };
  const byRuntime = { fault: { reason: 'the runtime' } };
  const byLuck = { fault: { ...byRuntime.fault, mayPass: true } };
  const byMixing = { fault: { ...byRuntime.fault, mixesIds: true } };
  const cases: [title: string, run: Run, reasons: Partial<Task>, outcome: Outcome][] = [
    ['passes', passes, {}, 'passed'],
    ['fails an assertion', asserts, {}, 'failed'],
    ['throws', throws, {}, 'failed'],
    ['hangs', hangs, {}, 'failed'],
    ['passes, listed for the framework', passes, byFramework, 'stale'],
    ['fails an assertion, listed for the framework', asserts, byFramework, 'listed'],
    ['throws, listed for the framework', throws, byFramework, 'failed'],
    ['passes, listed for the runtime', passes, byRuntime, 'stale'],
    ['throws, listed for the runtime', throws, byRuntime, 'listed'],
    ['hangs, listed for the runtime', hangs, byRuntime, 'listed'],
    ['passes, listed as a matter of luck', passes, byLuck, 'listed'],
    ['throws, listed as a matter of luck', throws, byLuck, 'listed'],
    ['mixes ids up', mixes, {}, 'failed'],
    ['mixes ids up, listed for the framework', mixes, byFramework, 'failed'],
    ['mixes ids up, listed for the runtime', mixes, byRuntime, 'failed'],
    ['mixes ids up, listed as a matter of luck', mixes, byLuck, 'failed'],
    ['mixes ids up on purpose', mixes, { ...byFramework, expected: 'fails' }, 'listed'],
    ['mixes ids up, listed for a runtime that does', mixes, byMixing, 'listed'],
    ['passes, listed for a runtime that mixes ids up', passes, byMixing, 'stale'],
  ];
  it.each(cases)('judge a task that %s', async (_title, run, reasons, outcome) => {
    expect(await judged(run, reasons)).toMatchObject({ id: 'it', outcome });
  });

  it("keep the task's counts and error", async () => {
    const result = await judged(mixes);
    expect(result.tally).toEqual({ right: 0, lost: 0, foreign: 2 });
    expect(explain(result)).toBe('it: must a task\n    on purpose');
  });

  it.each<[what: string, run: Run, reasons: Partial<Task>, runs: number]>([
    ['again where no probe is wrong', asserts, {}, 2],
    ['once where a probe is wrong', mixes, {}, 1],
    ['once where it is expected to fail', asserts, byFramework, 1],
    ['again where it passes although it must fail', passes, byFramework, 2],
  ])('run a scenario %s', async (_what, run, reasons, runs) => {
    let count = 0;
    const counted: Run = (tally) => {
      count += 1;
      tally.right += 1;
      return run(tally);
    };
    expect(await judged(counted, reasons)).toMatchObject({ tally: { right: 1 } });
    expect(count).toBe(runs);
  });

  it('count stale results as failed, and listed results as skipped', async () => {
    const results = [
      await judged(passes),
      await judged(asserts),
      await judged(passes, byRuntime),
      await judged(throws, byRuntime),
    ];
    expect(countResults(results)).toEqual({ passed: 1, failed: 2, skipped: 1 });
  });
});
