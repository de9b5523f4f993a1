import assert from 'node:assert/strict';
import type { HttpScenario } from '../http-scenario.ts';
import { assertFresh, policyScenario, sendsMyId } from '../policy-case.ts';

const options = { onInvalid: 'reject' } as const;

const rejected: HttpScenario = {
  id: 'reject-invalid',
  title: 'respond to an invalid id with 400 and a fresh id, and call no route',
  setup: { options },
  clients: 8,
  probes: [],
  routes: {
    'GET /': (x) => x.send({ body: 'handled' }),
    'POST /': (x) => x.send({ body: 'handled' }),
  },
  async visit(client) {
    const headers = sendsMyId(`<${client.id}>`);
    for (const sending of [{}, { method: 'HEAD' }, { method: 'POST', body: 'x'.repeat(50_000) }]) {
      const { status, ids, body } = await client.request('/', { ...sending, headers });
      assert.equal(status, 400);
      assert.equal(ids.length, 1);
      assertFresh(ids[0]);
      assert(!body.includes('handled'), 'no route is called');
      assert(!body.includes(client.id), 'the response does not repeat the id');
    }
    assert.equal((await client.send('/')).status, 200, 'the next request is handled');
  },
};

/** What `onInvalid: 'reject'` does. */
export const rejectScenarios: readonly HttpScenario[] = [
  rejected,
  {
    ...rejected,
    id: 'reject-unhandled',
    title: 'respond to an invalid id with 400 for a path that no route handles',
    routes: {},
    async visit(client) {
      const headers = sendsMyId(`<${client.id}>`);
      assert.equal((await client.request('/nowhere', { headers })).status, 400);
    },
  },
  policyScenario({
    id: 'reject-none',
    title: 'let a request pass that sends no id, where invalid ones are rejected',
    options,
  }),
  policyScenario({
    id: 'reject-valid',
    title: 'let a request pass that sends a valid id, where invalid ones are rejected',
    options,
    headers: sendsMyId,
    adopted: (myid) => myid,
  }),
  policyScenario({
    id: 'reject-further',
    title: 'let a request pass that sends a valid id in a further header',
    options: { ...options, inbound: ['X-Correlation-ID'] },
    headers: (myid) => ({ 'X-Request-ID': '<>', 'X-Correlation-ID': myid }),
    adopted: (myid) => myid,
    rejected: () => '%3C%3E',
  }),
];
