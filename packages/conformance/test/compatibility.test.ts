import { describe, expect, it } from 'vitest';
import { compatibilityPage } from '../src/compatibility.ts';
import type { Report, Result } from '../src/report.ts';

function result(id: string, rest: Partial<Result> = {}): Result {
  return {
    id,
    level: 'MUST',
    title: `does ${id}`,
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

const may = { level: 'MAY', outcome: 'listed', reason: 'a queue' } as const;

describe('compatibilityPage', () => {
  const page = compatibilityPage([
    report('node-20', '20.1.2', result('a'), result('b', may)),
    report('bun', '1.2.3', result('a'), result('b', may)),
  ]);

  it('shows adapters by runtimes', () => {
    expect(page).toContain('|  | Node 20.1.2 | Bun 1.2.3 |\n| --- | --- | --- |\n');
    expect(page).toContain('| koa-2 | MUST 1/1, MAY 0/1, 3 places | MUST 1/1, MAY 0/1, 3 places |');
  });

  it('lists what is unsupported once, with where and why', () => {
    expect(page).toContain('| `b` | MAY | all | all | a queue |\n');
  });

  it('lists the scenarios once', () => {
    expect(page).toContain('### flow\n\n- `a`, MUST: does a\n- `b`, MAY: does b\n');
    expect(page).not.toContain('## Failing');
  });

  it('lists what fails, apart where it fails on some runtimes only', () => {
    const foreign = { outcome: 'failed', tally: { right: 70, lost: 0, foreign: 2 } } as const;
    expect(
      compatibilityPage([
        report('node-20', '20.1.2', result('a', foreign), result('b')),
        report('bun', '1.2.3', result('a', foreign), result('b', { outcome: 'stale' })),
      ]),
    ).toContain(
      '| `a` | MUST | all | all | foreign |\n| `b` | MUST | all | bun | passes, but is listed |\n',
    );
  });

  it('does not change with the number of probes', () => {
    const counted = result('a', { tally: { right: 71, lost: 0, foreign: 0 } });
    expect(
      compatibilityPage([
        report('node-20', '20.1.2', counted, result('b', may)),
        report('bun', '1.2.3', counted, result('b', may)),
      ]),
    ).toBe(page);
  });
});
