import { describe, expect, it } from 'vitest';
import { isFor, runScenario, type Tally } from '../../src/run-scenario.ts';
import { currentRuntime } from '../../src/runtime.ts';
import { httpScenarios } from '../../src/scenarios/index.ts';
import type { Adapter } from '../../src/types.ts';
import { reasonFor } from '../../src/unsupported.ts';

/** Makes a test of each scenario, for each adapter. A file for each framework: vitest runs files side by side. */
export function describeAdapters(adapters: readonly Adapter[]): void {
  describe.each(adapters.map((adapter) => [adapter.name, adapter] as const))('%s', (_, adapter) => {
    const families = Object.entries(httpScenarios)
      .map(([family, all]) => [family, all.filter((scenario) => isFor(scenario, adapter))] as const)
      .filter(([_family, scenarios]) => scenarios.length > 0);
    describe.each(families)('%s', (_family, scenarios) => {
      it.each(scenarios.map((scenario) => [scenario.level, scenario.title, scenario] as const))(
        '%s: %s',
        async (_level, _title, scenario) => {
          const tally: Tally = { right: 0, lost: 0, foreign: 0 };
          const run = runScenario(scenario, adapter, tally);
          const runtimeReason = reasonFor(currentRuntime().name, adapter.name, scenario.id);
          const reason = adapter.unsupported?.[scenario.id] ?? runtimeReason;
          if (reason === undefined) await run;
          // Not a gap any more: take it off the list.
          else await expect(run, reason).rejects.toMatchObject({ name: 'AssertionError' });
          // Nothing excuses another request's id, but that the scenario is there to show it.
          if (scenario.level !== 'MAY') expect(tally.foreign).toBe(0);
        },
      );
    });
  });
}
