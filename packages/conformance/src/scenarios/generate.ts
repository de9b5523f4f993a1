import assert from 'node:assert/strict';
import { failingOption, throwOnPurpose } from '../failing-option.ts';
import type { HttpScenario } from '../http-scenario.ts';
import { policyScenario, sendsMyId } from '../policy-case.ts';

let made = 0;

/** The option `generate`. */
export const generateScenarios: readonly HttpScenario[] = [
  {
    id: 'generate-used',
    title: 'use what `generate` returns for a request that sends no id',
    setup: { options: { generate: () => `made-${made++}` } },
    probes: [],
    routes: { 'GET /': (x) => x.send() },
    async visitAll(clients) {
      made = 0;
      const responses = await Promise.all(clients.map((client) => client.request('/')));
      const ids = responses.flatMap((response) => response.ids);
      const expected = clients.map((_, n) => `made-${n}`);
      assert.deepEqual([...ids].sort(), expected.sort());
    },
  },
  policyScenario({
    id: 'generate-unused',
    title: 'not call `generate` for a request that sends a valid id',
    options: { generate: throwOnPurpose },
    headers: sendsMyId,
    adopted: (myid) => myid,
  }),
  policyScenario({
    id: 'generate-replaces',
    title: 'replace an invalid id by the one that `generate` returns',
    options: { generate: () => 'made' },
    headers: () => sendsMyId('<>'),
    adopted: () => 'made',
    rejected: () => '%3C%3E',
  }),
  ...(
    [
      ['throws', 'throws', throwOnPurpose],
      ['empty', 'returns an empty id', () => ''],
      ['markup', 'returns an id that holds markup', () => '<script>'],
      ['undefined', 'returns nothing', () => undefined as never],
      ['promise', 'returns a promise', () => Promise.resolve('id') as never],
    ] as const
  ).map(([id, what, generate]) =>
    failingOption({
      id: `generate-${id}`,
      title: `respond with 500 and a fresh id where \`generate\` ${what}`,
      options: { generate },
      fails: 'without an id',
    }),
  ),
];
