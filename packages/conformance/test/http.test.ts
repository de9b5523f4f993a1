import { describe, expect, it } from 'vitest';
import { adapters } from '../src/adapters/index.ts';
import { runScenario } from '../src/run-scenario.ts';
import { httpScenarios } from '../src/scenarios/index.ts';

describe.each(adapters.map((adapter) => [adapter.name, adapter] as const))('%s', (_, adapter) => {
  describe.each(Object.entries(httpScenarios))('%s', (_family, scenarios) => {
    it.each(scenarios.map((scenario) => [scenario.level, scenario.title, scenario] as const))(
      '%s: %s',
      async (_level, _title, scenario) => {
        const run = runScenario(scenario, adapter);
        const reason = adapter.unsupported?.[scenario.id];
        if (reason === undefined) await run;
        // Not a gap any more: take it off the adapter's list.
        else await expect(run, reason).rejects.toMatchObject({ name: 'AssertionError' });
      },
    );
  });
});
