import assert from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { countResults, explain, type Outcome } from '../src/report.ts';
import { settle, type Task } from '../src/settle.ts';

type Run = Task['run'];

const passes: Run = () => {};
const asserts: Run = async () => assert.fail('on purpose');
const throws: Run = () => {
  throw new TypeError('on purpose');
};
const hangs: Run = () => new Promise(() => {});

function settled(run: Run, reasons: Partial<Task> = {}) {
  return settle({ id: 'it', level: 'MUST', title: 'a task', places: 1, run, ...reasons }, 50);
}

describe('settle', () => {
  const byFramework = { frameworkReason: 'the framework' };
  const byRuntime = { unsupported: { runtimes: [], scenarios: [], reason: 'the runtime' } };
  const byLuck = { unsupported: { ...byRuntime.unsupported, mayPass: true } };
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
  ];
  it.each(cases)('%s', async (_title, run, reasons, outcome) => {
    expect(await settled(run, reasons)).toMatchObject({ id: 'it', outcome });
  });

  it('keeps what the task counted, and what it failed with', async () => {
    const result = await settled((tally) => {
      tally.foreign += 2;
      assert.fail('on purpose');
    });
    expect(result.tally).toEqual({ right: 0, lost: 0, foreign: 2 });
    expect(explain(result)).toMatch(/^MUST it: a task\n {4}AssertionError.*: on purpose\n/);
  });

  it('counts what is stale as failed, and what is listed as skipped', async () => {
    const results = [
      await settled(passes),
      await settled(asserts),
      await settled(passes, byRuntime),
      await settled(throws, byRuntime),
    ];
    expect(countResults(results)).toEqual({ passed: 1, failed: 2, skipped: 1 });
  });
});
