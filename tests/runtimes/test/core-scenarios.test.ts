import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { describeGroup } from './support/describe-group.ts';

// With the garbage collector at hand there are scenarios for it as well.
setFlagsFromString('--expose-gc');
globalThis.gc = runInNewContext('gc');
const { coreScenarios } = await import('../src/core-scenarios.ts');

await describeGroup('core');

it('have unique ids that begin with `core-`', () => {
  const ids = coreScenarios.map(({ id }) => id);
  expect(ids.filter((id) => !/^core(-[a-z]+)+$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => id.startsWith('core-collected'))).toHaveLength(3);
});
