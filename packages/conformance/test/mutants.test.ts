import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Adapter } from '../src/contract.ts';
import { type RunOptions, runScenario } from '../src/run-scenario.ts';
import { scenarioFamilies } from '../src/scenario-families.ts';
import { control } from './mutants/control.ts';
import { allBut, keyScenarios } from './mutants/key-scenarios.ts';
import { mutants } from './mutants/mutants.ts';

const scenarios = Object.values(scenarioFamilies)
  .flat()
  .filter(({ id }) => keyScenarios.includes(id));

/** Scenarios that run alone, because they check state of the whole process. */
const alone = /^(?:isolation|retention)-/;

/** Returns the scenarios that an adapter fails. The short timeout suffices, because a mutant's missing probes never come. */
async function failuresOf(
  adapter: Adapter,
  options: RunOptions = { probeTimeout: 500 },
): Promise<string[]> {
  const run = (scenario: (typeof scenarios)[number]): Promise<string[]> =>
    runScenario(scenario, adapter, { clients: 8, ...options }).then(
      () => [],
      () => [scenario.id],
    );
  const together = scenarios.filter(({ id }) => !alone.test(id));
  const failures = await Promise.all(together.map(run));
  for (const scenario of scenarios.filter(({ id }) => alone.test(id))) {
    failures.push(await run(scenario));
  }
  return failures.flat();
}

/** Returns the README's table of mutants. */
function mutantsTable(): string {
  const list = (ids: readonly string[]): string => ids.map((id) => `\`${id}\``).join(', ');
  const rows = mutants.map(({ what, breaks }) => {
    const passes = allBut(...breaks);
    const isMost = breaks.length > passes.length;
    return `| ${what} | ${isMost ? `all but ${list(passes)}` : list(breaks)} |`;
  });
  return ['| An adapter that ... | fails |', '| --- | --- |', ...rows].join('\n');
}

describe('the suite', () => {
  it('let a correct adapter pass', async () => {
    expect(scenarios).toHaveLength(keyScenarios.length);
    expect(await failuresOf(control, {})).toEqual([]);
  });

  it.each(mutants.map((mutant) => [mutant.what, mutant] as const))(
    'find an adapter that %s',
    async (_what, { adapter, breaks, varies = [] }) => {
      const failures = (await failuresOf(adapter)).filter((id) => !varies.includes(id));
      expect(failures.sort()).toEqual([...breaks].sort());
    },
  );

  it('list its mutants in the README', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    expect(readme).toContain(mutantsTable());
  });
});
