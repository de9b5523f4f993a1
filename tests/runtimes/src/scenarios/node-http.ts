import { createServer } from 'node:http';
import { inHandler } from '@request-context/conformance/engine';
import { withRequestId } from '@request-context/node-http';
import type { FrameworkScenario } from '../framework-scenario.ts';
import { askInner, seenInside } from './nested.ts';

const inner = withRequestId((req, res) => seenInside(req, res).then((seen) => res.end(seen)));

/** For all frameworks: each can run within node:http, and node:http within each. */
export const nodeHttpScenarios: readonly FrameworkScenario[] = [
  inHandler({
    id: 'node-http-nested',
    title: 'keep the ids apart where a handler calls a listener of node:http in the process',
    probes: ['before', 'after'],
    async work(x) {
      x.probe('before');
      await askInner(x.req, inner);
      x.probe('after');
    },
  }),
  {
    ...inHandler({
      id: 'node-http-twice',
      title: 'keep the first id where the adapter is within withRequestId',
      probes: ['handler'],
      work: (x) => x.probe('handler'),
    }),
    // Fastify's adapter attaches to the server, so it comes first.
    frameworks: ['node-http', 'express', 'koa'],
    setup: {
      options: { trust: false },
      createServer: (listener) => createServer(withRequestId(listener)),
    },
  },
];
