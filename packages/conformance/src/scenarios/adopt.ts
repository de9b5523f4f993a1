import type { HttpScenario } from '../http-scenario.ts';
import { policyScenario, sendsMyId } from '../policy-case.ts';

const same = (myid: string): string => myid;

/** Which ids of clients become the request's. */
export const adoptScenarios: readonly HttpScenario[] = [
  policyScenario({
    id: 'adopt-valid',
    title: 'adopt a valid id, in the context, as req.id and on the response',
    headers: sendsMyId,
    adopted: same,
  }),
  policyScenario({
    id: 'adopt-characters',
    title: 'adopt letters, digits and . _ ~ + / = @ : -',
    headers: (myid) => sendsMyId(`${myid}AZaz09._~+/=@:-`),
    adopted: (myid) => `${myid}AZaz09._~+/=@:-`,
  }),
  policyScenario({
    id: 'adopt-longest',
    title: 'adopt an id of 128 characters',
    headers: (myid) => sendsMyId(myid.padEnd(128, 'x')),
    adopted: (myid) => myid.padEnd(128, 'x'),
  }),
  policyScenario({
    id: 'adopt-max-length',
    title: 'adopt a longer id where `maxLength` allows it',
    options: { maxLength: 200 },
    headers: (myid) => sendsMyId(myid.padEnd(200, 'x')),
    adopted: (myid) => myid.padEnd(200, 'x'),
  }),
  policyScenario({
    id: 'adopt-validate',
    title: 'adopt what `validate` accepts',
    options: { validate: (id) => id.startsWith('<') },
    headers: (myid) => sendsMyId(`<${myid}, 1>`),
    adopted: (myid) => `<${myid}, 1>`,
  }),
  policyScenario({
    id: 'adopt-none',
    title: 'make a fresh id for each request that sends none',
  }),
  {
    id: 'adopt-concurrent',
    title: 'keep the ids of many concurrent requests apart',
    probes: ['at once', 'later'],
    routes: {
      'GET /': async (x) => {
        x.probe('at once');
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
        x.probe('later');
        x.send();
      },
    },
    async visit(client) {
      await Promise.all(Array.from({ length: 8 }, () => client.send('/')));
    },
  },
];
