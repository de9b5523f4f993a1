import { expect, it } from 'vitest';
import { adapters } from '../src/adapters/index.ts';
import { coreScenarios } from '../src/core.ts';
import { groupNames } from '../src/groups.ts';
import { httpScenarios } from '../src/scenarios/index.ts';
import { findUnsupported, reasonFor, unsupported } from '../src/unsupported.ts';
import { userLand } from '../src/user-land.ts';

const ids = new Set([
  'load',
  ...coreScenarios.map(({ id }) => id),
  ...Object.values(httpScenarios).flatMap((scenarios) => scenarios.map(({ id }) => id)),
]);
const names = new Set([...groupNames, ...adapters.map(({ name }) => name)]);

it('lists scenarios that there are, for runtimes', () => {
  const listed = unsupported.flatMap(({ scenarios }) => scenarios);
  expect(listed.filter((id) => !ids.has(id))).toEqual([]);
});

it('lists scenarios that there are, for adapters', () => {
  const listed = adapters.flatMap((adapter) => Object.keys(adapter.unsupported ?? {}));
  expect(listed.filter((id) => !ids.has(id))).toEqual([]);
});

it('lists adapters that there are', () => {
  const listed = unsupported.flatMap((entry) => entry.adapters ?? []);
  expect(listed.filter((name) => !names.has(name))).toEqual([]);
});

it('has a MUST beside each MAY, which shows what happens without bind', () => {
  const all = Object.values(httpScenarios).flat();
  const mays = all.filter(({ level }) => level === 'MAY').map(({ id }) => id);
  expect(mays.filter((id) => !id.endsWith('-plain'))).toEqual([]);
  expect(mays).toEqual(expect.arrayContaining(Object.keys(userLand)));
  const musts = all.filter(({ level }) => level === 'MUST').map(({ id }) => id);
  const alone = mays.filter((may) => {
    const stem = may.replace(/-plain$/, '');
    return !musts.some((must) => must === stem || must.startsWith(`${stem}-`));
  });
  expect(alone).toEqual([]);
});

it('finds what is listed by runtime, adapter and scenario', () => {
  expect(findUnsupported('node-24', 'koa-2', 'finished-before')).toBe(unsupported[0]);
  expect(reasonFor('node-24', 'koa-2', 'finished-before')).toMatch(/^stream.finished /);
  expect(findUnsupported('node-20', 'koa-2', 'finished-before')).toBeUndefined();
  expect(findUnsupported('node-24', 'fastify-5', 'finished-before')).toBeUndefined();
  expect(findUnsupported('node-24', 'koa-2', 'finished')).toBeUndefined();
});
