import type { HttpScenario } from '../http-scenario.ts';
import { policyScenario, sendsMyId } from '../policy-case.ts';

const options = { header: 'X-Correlation-ID' };

/** The options `header` and `echo`. */
export const headerScenarios: readonly HttpScenario[] = [
  policyScenario({
    id: 'header-named',
    title: 'read and echo the header that `header` names, in any case',
    options,
    headers: (myid) => ({ 'x-correlation-id': myid }),
    adopted: (myid) => myid,
    header: 'X-Correlation-ID',
  }),
  policyScenario({
    id: 'header-default-unread',
    title: 'ignore X-Request-ID where `header` names another header',
    options,
    headers: sendsMyId,
    header: 'X-Correlation-ID',
  }),
  policyScenario({
    id: 'header-further',
    title: 'echo in `header` the id of a further header',
    options: { ...options, inbound: ['X-Request-ID'] },
    headers: sendsMyId,
    adopted: (myid) => myid,
    header: 'X-Correlation-ID',
  }),
  policyScenario({
    id: 'header-echo-off',
    title: 'leave the id off the response where `echo` is false',
    options: { echo: false },
    headers: sendsMyId,
    adopted: (myid) => myid,
    header: null,
  }),
];
