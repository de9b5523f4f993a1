import { failingOption, throwOnPurpose } from '../failing-option.ts';
import type { HttpScenario } from '../http-scenario.ts';
import { policyScenario, sendsMyId } from '../policy-case.ts';

/** The option `values`. */
export const valuesScenarios: readonly HttpScenario[] = [
  policyScenario({
    id: 'values-added',
    title: 'start the context with the values, but keep the id',
    options: { values: () => ({ tenant: 'a', requestId: 'not this way' }) as never },
    headers: sendsMyId,
    adopted: (myid) => myid,
    values: { tenant: 'a' },
  }),
  policyScenario({
    id: 'values-request',
    title: 'call `values` with the request',
    needs: ['node'],
    options: {
      values: (request) =>
        ({
          agent: (request as { headers: Record<string, string> }).headers['user-agent'],
        }) as never,
    },
    headers: (myid) => ({ 'X-Request-ID': myid, 'User-Agent': 'tester' }),
    adopted: (myid) => myid,
    values: { agent: 'tester' },
  }),
  failingOption({
    id: 'values-throws',
    title: "respond with 500 and the client's id where `values` throws",
    options: { values: throwOnPurpose },
    fails: 'with an id',
    isAdopted: true,
  }),
  failingOption({
    id: 'values-promise',
    title: "respond with 500 and the client's id where `values` returns a promise",
    options: { values: () => Promise.resolve({}) as never },
    fails: 'with an id',
    isAdopted: true,
  }),
];
