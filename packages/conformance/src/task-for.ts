import type { Adapter } from './contract.ts';
import { findFault } from './find-fault.ts';
import type { HttpScenario } from './http-scenario.ts';
import type { Task } from './judge.ts';
import { type RunOptions, runScenario } from './run-scenario.ts';

/** Returns the task of running a scenario with an adapter. */
export function taskFor(
  scenario: HttpScenario,
  adapter: Adapter,
  options: Pick<RunOptions, 'clients'> = {},
): Task {
  const { id, title, fails, probes } = scenario;
  return {
    id,
    title,
    places: probes.length,
    expected: fails === undefined ? undefined : 'fails',
    reason: fails ?? adapter.unsupported?.[id],
    fault: findFault(id, adapter),
    run: (tally) => runScenario(scenario, adapter, { ...options, tally }),
  };
}
