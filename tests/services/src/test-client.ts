import assert from 'node:assert/strict';
import { describe, inject, it, type TestContext } from 'vitest';
import { newTally, type Tally } from './probes.ts';
import { type Opening, type Outcome, openings, problemsOf, runCase } from './run-case.ts';
import { absence, services } from './services.ts';
import type { Column } from './tally-reporter.ts';
import type { ClientCase, ClientSuite } from './types.ts';

/** Tests all cases of a client, each twice: made before any request, and made by the first one. */
export function testClient<Client>(suite: ClientSuite<Client>): void {
  if (inject('absentServices').includes(suite.service)) {
    describe.skip(`${suite.name}: ${absence(services[suite.service])}`, () => it('is skipped'));
    return;
  }
  describe(suite.name, () => {
    for (const opening of openings) {
      describe(`made ${opening}`, () => {
        for (const clientCase of suite.cases) testCase(suite, clientCase, opening);
      });
    }
  });
}

function testCase<Client>(
  suite: ClientSuite<Client>,
  { title, places, use, wrong }: ClientCase<Client>,
  opening: Opening,
): void {
  it(`${title}${wrong === undefined ? '' : ', plainly used, is wrong'}`, async ({ task }) => {
    const outcome = await runCase(suite, use, { places, opening });
    keep(task, suite.name, outcome, (place) =>
      wrong?.places.includes(place) ? 'known gaps' : 'by itself',
    );
    assert.deepEqual(problemsOf(outcome, wrong?.places), []);
  });
  if (wrong === undefined) return;
  it(`${title}, with the recipe: ${wrong.recipe}`, async ({ task }) => {
    const outcome = await runCase(suite, wrong.use, { places, opening });
    keep(task, suite.name, outcome, () => 'with the recipes');
    assert.deepEqual(problemsOf(outcome), []);
  });
}

/** Keeps the figures for the reporter. */
function keep(
  task: TestContext['task'],
  client: string,
  { tallies }: Outcome,
  columnOf: (place: string) => Column,
): void {
  task.meta.results = Array.from(tallies, ([place, tally]) => ({
    client,
    column: columnOf(place),
    tally: { ...newTally(), ...tally } satisfies Tally,
  }));
}
