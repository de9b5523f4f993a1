import { describe, expect, it } from 'vitest';
import { coreScenarios } from '../../../packages/core/test/scenarios/core-scenarios.ts';
import { adapters } from '../src/adapters/index.ts';
import { groupNames } from '../src/groups.ts';
import { clientNames, clientScenarios } from '../src/scenarios/clients.ts';
import { families } from '../src/scenarios/index.ts';
import { findUnsupported, unsupported } from '../src/unsupported.ts';

const scenarios = Object.values(families).flat();
// Node 20 cannot load undici 8, whose scenarios are those of undici 7.
const ofClients = await Promise.all(
  clientNames.filter((name) => name !== 'undici-8').map(clientScenarios),
);
const ids = new Set([
  'load',
  ...[...coreScenarios, ...scenarios, ...ofClients.flat()].map(({ id }) => id),
]);
const names = new Set([...groupNames, ...clientNames, ...adapters.map(({ name }) => name)]);

describe('the list of unsupported scenarios', () => {
  it('name scenarios that exist, for runtimes', () => {
    const listed = unsupported.flatMap((entry) => entry.scenarios);
    expect(listed.filter((id) => !ids.has(id))).toEqual([]);
  });

  it('name scenarios that exist, for adapters', () => {
    const listed = adapters.flatMap((adapter) => Object.keys(adapter.unsupported ?? {}));
    expect(listed.filter((id) => !ids.has(id))).toEqual([]);
  });

  it('name adapters that exist', () => {
    const listed = unsupported.flatMap((entry) => entry.adapters ?? []);
    expect(listed.filter((name) => !names.has(name))).toEqual([]);
  });

  it('be found by runtime, adapter and scenario', () => {
    const id = 'koa-errors-stream';
    expect(findUnsupported('bun', 'koa-3', id)).toMatchObject({
      reason: expect.stringMatching(/^Koa 3 hangs up/),
    });
    expect(findUnsupported('deno', 'koa-3', id)).toBeUndefined();
    expect(findUnsupported('bun', 'koa-2', id)).toBeUndefined();
    expect(findUnsupported('bun', 'koa-3', 'koa-errors')).toBeUndefined();
  });
});

describe('the scenarios', () => {
  it('have unique ids that begin with the family', () => {
    const all = Object.entries(families).flatMap(([family, some]) =>
      some.map(({ id }) => ({ family, id })),
    );
    expect(all.filter(({ family, id }) => !id.startsWith(`${family}-`))).toEqual([]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });

  it.each(ofClients)('have unique ids with each client', (...some) => {
    expect(new Set(some.map(({ id }) => id)).size).toBe(some.length);
  });

  it('show the way around each limit', () => {
    const stems = scenarios
      .filter(({ fails }) => fails !== undefined)
      .map(({ id }) => id.replace(/-plain$/, ''));
    const passing = scenarios.filter(({ fails }) => fails === undefined).map(({ id }) => id);
    expect(stems).not.toEqual([]);
    const alone = stems.filter(
      (stem) => !passing.some((id) => id === stem || id.startsWith(`${stem}-`)),
    );
    expect(alone).toEqual([]);
  });
});
