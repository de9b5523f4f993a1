import type { Report, Result } from '@request-context/conformance/engine';
import { describe, expect, it } from 'vitest';
import { compatibilityPage } from '../src/compatibility.ts';

function result(id: string, rest: Partial<Result> = {}): Result {
  return {
    id,
    title: `do ${id}`,
    places: 3,
    outcome: 'passed',
    tally: { right: 72, lost: 0, foreign: 0 },
    ...rest,
  };
}

function report(runtime: string, version: string, ...results: Result[]): Report {
  const cells = ['koa-2', 'koa-3'].map((adapter) => ({ adapter, family: 'flow', results }));
  return { runtime, version, isComplete: true, cells };
}

const limit = {
  expected: 'fails',
  outcome: 'listed',
  reason: 'a queue',
  tally: { right: 60, lost: 0, foreign: 12 },
} as const;
const fault = {
  outcome: 'listed',
  reason: 'its own fault',
  tally: { right: 24, lost: 48, foreign: 0 },
} as const;

describe('compatibilityPage', () => {
  const page = compatibilityPage([
    report('node-20', '20.1.2', result('a'), result('b', limit), result('c')),
    report('bun', '1.2.3', result('a'), result('b', limit), result('c', fault)),
  ]);

  it('show adapters by runtimes', () => {
    expect(page).toContain('|  | Node 20.1.2 | Bun 1.2.3 |\n| --- | --- | --- |\n');
    expect(page).toContain(
      '| koa-2 | 2/2, 6 places, 0 lost, 0 foreign | 1/2, 3 places, 0 lost, 0 foreign |',
    );
  });

  it('list each unsupported scenario once, with where, how often and why it fails', () => {
    expect(page).toContain(
      '| lost | reason |\n| --- | --- | --- | --- | --- |\n' +
        '| `c` | all | bun | 48 | its own fault |\n\n',
    );
  });

  it('list separately what mixes ids up without bind', () => {
    expect(page).toContain(
      '| the id | reason |\n| --- | --- | --- | --- | --- |\n' +
        '| `b` | all | all | foreign | a queue |\n\n',
    );
  });

  it('list each scenario once', () => {
    expect(page).toContain('### flow\n\n- `a`: do a\n- `b`: cannot do b\n- `c`: do c');
    expect(page).not.toContain('## Failing');
  });

  it('list failures, separately if they fail on some runtimes only', () => {
    const foreign = { outcome: 'failed', tally: { right: 70, lost: 0, foreign: 2 } } as const;
    const failing = compatibilityPage([
      report('node-20', '20.1.2', result('a', foreign), result('b')),
      report('bun', '1.2.3', result('a', foreign), result('b', { outcome: 'stale' })),
    ]);
    expect(failing).toContain(
      '| `a` | all | all | foreign |\n| `b` | all | bun | passes, but is listed |\n',
    );
    expect(failing).toContain('| koa-2 | 1/2, 3 places, 0 lost, 2 foreign |');
  });

  it('stay the same if the number of probes changes', () => {
    const counted = result('a', { tally: { right: 71, lost: 0, foreign: 0 } });
    const mixed = result('b', { ...limit, tally: { right: 50, lost: 0, foreign: 22 } });
    expect(
      compatibilityPage([
        report('node-20', '20.1.2', counted, mixed, result('c')),
        report('bun', '1.2.3', counted, mixed, result('c', fault)),
      ]),
    ).toBe(page);
  });
});
