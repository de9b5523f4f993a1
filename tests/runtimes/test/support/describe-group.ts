import { currentRuntime, explain, isFailure, judge } from '@request-context/conformance/engine';
import { describe, expect, it } from 'vitest';
import { loadGroup } from '../../src/groups.ts';

/**
 * Makes a test of each scenario of a group. A file for each group: vitest runs files side by side. It takes fewer
 * clients than `npm run test:runtimes`, which runs the same on this version of Node as well.
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
