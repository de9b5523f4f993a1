import { expect, it } from 'vitest';
import { collectGarbage } from './support/collect.ts';

// With the garbage collector exposed there are scenarios for it as well.
globalThis.gc = collectGarbage as NodeJS.GCFunction;
const { coreScenarios } = await import('./scenarios/core-scenarios.ts');

// tests/runtimes runs the same on every runtime.
it.each(coreScenarios.map((scenario) => [scenario.id, scenario.title, scenario] as const))(
  '%s: must %s',
  async (_id, _title, scenario) => scenario.run(),
);

it('have unique ids that begin with `core-`', () => {
  const ids = coreScenarios.map(({ id }) => id);
  expect(ids.filter((id) => !/^core(-[a-z]+)+$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => id.startsWith('core-collected'))).toHaveLength(3);
});
