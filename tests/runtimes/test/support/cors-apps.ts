import fastifyCors5 from '@fastify/cors';
import koaCors from '@koa/cors';
import { type Running, serve } from '@request-context/conformance';
import { requestId as express } from '@request-context/express';
import { requestId as fastify } from '@request-context/fastify';
import { requestId as koa } from '@request-context/koa';
import expressCors from 'cors';
import express5 from 'express';
import express4 from 'express4';
import fastify5 from 'fastify';
import fastify4 from 'fastify4';
import fastifyCors4 from 'fastify4-cors';
import Koa3 from 'koa';
import Koa2 from 'koa2';

export interface CorsSetup {
  /** Whether the CORS middleware is mounted before ours. */
  readonly corsFirst?: boolean;
  /** What the CORS middleware exposes. */
  readonly exposed?: string | string[];
  /** Our option. */
  readonly exposeHeader?: boolean;
}

/** An application that any origin may call, by a framework and its CORS middleware. */
export interface CorsApp {
  readonly name: string;
  start(setup: CorsSetup): Promise<Running>;
}

const onInvalid = 'reject';

function expressApp(name: string, create: typeof express5): CorsApp {
  return {
    name,
    start({ corsFirst = true, exposed, exposeHeader = true }) {
      const cors = expressCors(exposed === undefined ? {} : { exposedHeaders: exposed });
      const ours = express({ exposeHeader, onInvalid });
      const app = create();
      app.set('env', 'test');
      for (const middleware of corsFirst ? [cors, ours] : [ours, cors]) app.use(middleware);
      app.get('/', (_req, res) => void res.send('hello'));
      app.get('/fails', () => fail());
      return serve(app);
    },
  };
}

function koaApp(name: string, Koa: typeof Koa3): CorsApp {
  return {
    name,
    start({ corsFirst = true, exposed, exposeHeader = true }) {
      const cors = koaCors(exposed === undefined ? {} : { exposeHeaders: exposed });
      const ours = koa({ exposeHeader, onInvalid });
      const app = new Koa();
      app.silent = true;
      for (const middleware of corsFirst ? [cors, ours] : [ours, cors]) app.use(middleware);
      app.use((ctx) => {
        if (ctx.path === '/fails') fail();
        if (ctx.path === '/') ctx.body = 'hello';
      });
      return serve(app.callback());
    },
  };
}

function fastifyApp(
  name: string,
  create: typeof fastify5,
  fastifyCors: typeof fastifyCors5,
): CorsApp {
  return {
    name,
    async start({ corsFirst = true, exposed, exposeHeader = true }) {
      const app = create({ forceCloseConnections: true });
      const registerCors = (): unknown =>
        app.register(fastifyCors, exposed === undefined ? {} : { exposedHeaders: exposed });
      if (corsFirst) registerCors();
      app.register(fastify, { exposeHeader, onInvalid });
      if (!corsFirst) registerCors();
      app.get('/', async () => 'hello');
      app.get('/fails', async () => fail());
      const url = await app.listen({ host: '127.0.0.1', port: 0 });
      return { url, close: () => app.close() };
    },
  };
}

export const corsApps: readonly CorsApp[] = [
  expressApp('Express 4 with cors', express4 as unknown as typeof express5),
  expressApp('Express 5 with cors', express5),
  koaApp('Koa 2 with @koa/cors', Koa2 as unknown as typeof Koa3),
  koaApp('Koa 3 with @koa/cors', Koa3),
  fastifyApp(
    'Fastify 4 with @fastify/cors',
    fastify4 as unknown as typeof fastify5,
    fastifyCors4 as unknown as typeof fastifyCors5,
  ),
  fastifyApp('Fastify 5 with @fastify/cors', fastify5, fastifyCors5),
];

function fail(): never {
  throw new Error('on purpose');
}
