import { describe, expect, it } from 'vitest';
import { scenarioFamilies } from '../src/scenario-families.ts';
import { scenariosFor } from '../src/scenarios-for.ts';
import { control } from './mutants/control.ts';
import { mutants } from './mutants/mutants.ts';

const [ignoring] = mutants;

function find(id: string, adapter = control) {
  const found = scenariosFor(adapter).find((scenario) => scenario.id === id);
  if (found === undefined) throw new Error(`There is no scenario ${id}.`);
  return found;
}

describe('scenariosFor', () => {
  it('return every scenario once, with an id that begins with its family', () => {
    const scenarios = scenariosFor(control);
    expect(scenarios.map(({ id }) => id)).toEqual(
      Object.values(scenarioFamilies).flatMap((family) => family.map(({ id }) => id)),
    );
    expect(new Set(scenarios.map(({ id }) => id)).size).toBe(scenarios.length);
    expect(scenarios.filter(({ id, family }) => !id.startsWith(`${family}-`))).toEqual([]);
    expect(scenarios.filter(({ title }) => !/^[a-z]+ /.test(title))).toEqual([]);
  });

  it('leave out scenarios that need a feature that the server lacks', () => {
    const { length } = scenariosFor(control);
    const lacks = { http2: 'it has none' };
    expect(scenariosFor({ ...control, lacks })).toHaveLength(length - 1);
    const webOnly = scenariosFor({ ...control, lacks: { node: 'a fetch handler' } });
    expect(webOnly.map(({ family }) => family)).toEqual(
      expect.arrayContaining(['adopt', 'trust', 'echo', 'flow', 'isolation']),
    );
  });

  it('resolve where the adapter passes', async () => {
    await find('adopt-valid').run();
  });

  it('reject with an explanation where the adapter fails', async () => {
    const { run } = find('header-named', ignoring?.adapter);
    await expect(run()).rejects.toThrow(/^header-named: must read and echo the header/);
  });

  it('resolve for a listed scenario as long as it fails', async () => {
    const unsupported = { 'header-named': 'it ignores options', 'adopt-valid': 'it does not' };
    const adapter = { ...control, ...ignoring?.adapter, unsupported };
    const listed = find('header-named', adapter);
    expect(listed).toMatchObject({ expected: 'fails' });
    await listed.run();
    await expect(find('adopt-valid', adapter).run()).rejects.toThrow(
      'adopt-valid: must adopt a valid id, in the context, as req.id and on the response\n' +
        '    passes, but is listed as failing: it does not',
    );
  });
});
