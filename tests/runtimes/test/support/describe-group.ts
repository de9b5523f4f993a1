import { currentRuntime, explain, isFailure, judge } from '@request-context/conformance/engine';
import { describe, expect, it } from 'vitest';
import { loadGroup } from '../../src/groups.ts';

/**
 * Defines a test for each scenario of a group. Each group has a file, because vitest runs files in parallel. The tests use
 * fewer clients than `npm run test:runtimes`, which also runs the scenarios on this version of Node.
 */
export async function describeGroup(name: string): Promise<void> {
  const rows = await loadGroup(name, currentRuntime().name, { clients: 8 });
  describe.each(rows.map((row) => [row.adapter, row.family, row.tasks] as const))(
    '%s %s',
    (_adapter, _family, tasks) => {
      it.each(tasks.map((task) => [task.id, task.title, task] as const))(
        '%s: must %s',
        async (_id, _title, task) => {
          const result = await judge(task);
          if (isFailure(result)) expect.fail(explain(result));
        },
      );
    },
  );
}
