import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';

// With the garbage collector at hand there are scenarios for it as well.
setFlagsFromString('--expose-gc');
globalThis.gc = runInNewContext('gc');
const { coreScenarios } = await import('../src/core.ts');

describe('core', () => {
  it.each(coreScenarios.map((scenario) => [scenario.level, scenario.title, scenario] as const))(
    '%s: %s',
    async (_level, _title, scenario) => {
      await scenario.run();
    },
  );

  it('every scenario has an id of its own', () => {
    const ids = coreScenarios.map(({ id }) => id);
    expect(ids.filter((id) => !/^core(-[a-z]+)+$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => id.startsWith('core-collected'))).toHaveLength(3);
  });
});
