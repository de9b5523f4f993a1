import assert from 'node:assert/strict';
import fastifyCors5 from '@fastify/cors';
import koaCors from '@koa/cors';
import { requestId as expressRequestId } from '@request-context/express';
import { requestId as fastifyRequestId } from '@request-context/fastify';
import { requestId as koaRequestId } from '@request-context/koa';
import expressCors from 'cors';
import fastifyCors4 from 'fastify4-cors';
import type { HttpScenario } from '../types.ts';

/** The preflight of a request across origins, which the CORS middleware answers by itself. */
export const preflightScenario: HttpScenario = {
  id: 'echo-preflight',
  level: 'MUST',
  title: 'echoes the id on the answer to a preflight',
  frameworks: ['express', 'koa', 'fastify'],
  probes: [],
  routes: {},
  setup: {
    native: {
      express(express) {
        const app = express();
        app.use(expressRequestId());
        app.use(expressCors());
        return app;
      },
      koa(Koa) {
        const app = new Koa();
        app.use(koaRequestId());
        app.use(koaCors());
        return app;
      },
      fastify(fastify) {
        const app = fastify();
        app.register(app.version.startsWith('4') ? (fastifyCors4 as never) : fastifyCors5);
        app.register(fastifyRequestId);
        return app;
      },
    },
  },
  async visit(client) {
    const headers = { Origin: 'http://example.com', 'Access-Control-Request-Method': 'PUT' };
    const answer = await client.send('/', { method: 'OPTIONS', headers });
    assert.equal(answer.status, 204);
    assert.notEqual(answer.headers['access-control-allow-methods'], undefined);
  },
};
