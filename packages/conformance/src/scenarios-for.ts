import { AssertionError } from 'node:assert';
import { checkAdapter } from './check-adapter.ts';
import type { Adapter } from './contract.ts';
import { defaultLimit, judge } from './judge.ts';
import { explain, isFailure } from './report.ts';
import { appliesTo } from './run-scenario.ts';
import { scenarioFamilies } from './scenario-families.ts';
import { taskFor } from './task-for.ts';

/** A rule that an adapter must keep, as a test for any runner. */
export interface Scenario {
  /** Stable, and begins with the family. */
  readonly id: string;
  /** Groups scenarios, such as `echo`. */
  readonly family: string;
  /** Completes the sentence "The adapter must ...". */
  readonly title: string;
  /** Set where it must fail, by design or by a fault of the framework or the runtime: `run` resolves if it does. */
  readonly expected?: 'fails';
  /** Runs the scenario against a server of the adapter. Rejects with an explanation where the adapter falls short. */
  run(): Promise<void>;
}

/**
 * Returns the scenarios that an adapter must pass: all but those that need what its server lacks. Run them one after
 * the other, as some make the process survive errors that nothing handles.
 *
 * @throws {TypeError} for a value that is no adapter, and for names in `lacks` and `unsupported` that the suite
 * does not know
 *
 * @example
 * for (const { id, title, run } of scenariosFor(adapter)) test(`${id}: ${title}`, run);
 */
export function scenariosFor(adapter: Adapter): Scenario[] {
  checkAdapter(adapter);
  return Object.entries(scenarioFamilies).flatMap(([family, scenarios]) =>
    scenarios
      .filter((scenario) => appliesTo(scenario, adapter))
      .map((scenario): Scenario => {
        const task = taskFor(scenario, adapter);
        const { id, title } = task;
        return {
          id,
          family,
          title,
          ...((task.reason ?? task.fault) !== undefined && { expected: 'fails' }),
          async run() {
            const result = await judge(task, defaultLimit);
            if (isFailure(result)) throw new AssertionError({ message: explain(result) });
          },
        };
      }),
  );
}
