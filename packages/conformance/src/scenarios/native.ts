import { createServer } from 'node:http';
import { withRequestId } from '@request-context/node-http';
import type { HttpScenario } from '../types.ts';
import { inHandler } from './in-handler.ts';
import { expressScenarios } from './native-express.ts';
import { fastifyScenarios } from './native-fastify.ts';
import { koaScenarios } from './native-koa.ts';
import { askInner, seenInside, visitUncovered } from './nested.ts';

const inner = withRequestId((req, res) => seenInside(req, res).then((seen) => res.end(seen)));

/** For all frameworks, as each can be within node:http and the other way round. */
const nodeScenarios: readonly HttpScenario[] = [
  inHandler({
    id: 'native-node-http-nested',
    title: 'keeps the ids apart where a handler asks a listener of node:http in the process',
    probes: ['before', 'after'],
    async work(x) {
      x.probe('before');
      await askInner(x.req, inner);
      x.probe('after');
    },
  }),
  {
    ...inHandler({
      id: 'native-node-http-twice',
      title: 'keeps the first id where the adapter is within withRequestId',
      probes: ['handler'],
      work: (x) => x.probe('handler'),
    }),
    // With Fastify the adapter is at the server, and so comes first.
    frameworks: ['node-http', 'express', 'koa'],
    setup: {
      options: { trust: false },
      createServer: (listener) => createServer(withRequestId(listener)),
    },
  },
  {
    id: 'native-node-http-uncovered',
    level: 'MUST',
    title: 'shows nothing to a listener beside the adapter, on the same connection too',
    // Fastify has its server to itself.
    frameworks: ['node-http', 'express', 'koa'],
    probes: ['covered'],
    visit: visitUncovered,
    routes: {
      'GET /covered': (x) => {
        x.probe('covered');
        x.send();
      },
    },
    setup: {
      createServer: (listener) =>
        createServer((req, res) => {
          if (req.url === '/uncovered') seenInside(req, res).then((seen) => res.end(seen));
          else listener(req, res);
        }),
    },
  },
];

export const nativeScenarios: readonly HttpScenario[] = [
  ...nodeScenarios,
  ...expressScenarios,
  ...koaScenarios,
  ...fastifyScenarios,
];
