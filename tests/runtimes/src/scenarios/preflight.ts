import assert from 'node:assert/strict';
import fastifyCors5 from '@fastify/cors';
import koaCors from '@koa/cors';
import { requestId as expressRequestId } from '@request-context/express';
import { requestId as fastifyRequestId } from '@request-context/fastify';
import { requestId as koaRequestId } from '@request-context/koa';
import expressCors from 'cors';
import fastifyCors4 from 'fastify4-cors';
import type { FrameworkScenario } from '../framework-scenario.ts';
import { inFramework } from './in-framework.ts';

/** A preflight request, to which the CORS middleware responds. */
export const preflightScenario: FrameworkScenario = inFramework({
  id: 'echo-preflight',
  title: 'echo the id on the response to a preflight',
  probes: [],
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
  async visit(client) {
    const headers = { Origin: 'http://example.com', 'Access-Control-Request-Method': 'PUT' };
    const response = await client.send('/', { method: 'OPTIONS', headers });
    assert.equal(response.status, 204);
    assert.notEqual(response.headers['access-control-allow-methods'], undefined);
  },
});
