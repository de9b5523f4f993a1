import fastifyCors5 from '@fastify/cors';
import koaCors from '@koa/cors';
import type { Running } from '@request-context/conformance';
import { requestId as expressRequestId } from '@request-context/express';
import { requestId as fastifyRequestId } from '@request-context/fastify';
import { requestId as koaRequestId } from '@request-context/koa';
import expressCors from 'cors';
import fastifyCors4 from 'fastify4-cors';
import { adapters } from '../../src/adapters/index.ts';
import type { NativeApps } from '../../src/framework-scenario.ts';

export interface CorsSetup {
  /** Whether the CORS middleware is mounted before ours. */
  readonly corsFirst?: boolean;
  /** The headers that the CORS middleware exposes. */
  readonly exposed?: string | string[] | undefined;
  /** Our option. */
  readonly exposeHeader?: boolean;
}

/** Applications with a CORS middleware and ours. */
function appsWith({ corsFirst = true, exposed, exposeHeader = true }: CorsSetup): NativeApps {
  const options = { exposeHeader, onInvalid: 'reject' } as const;
  const exposedHeaders = exposed === undefined ? {} : { exposedHeaders: exposed };
  function inOrder(mountCors: () => unknown, mountOurs: () => unknown): void {
    for (const mount of corsFirst ? [mountCors, mountOurs] : [mountOurs, mountCors]) mount();
  }
  return {
    express(express) {
      const app = express();
      app.set('env', 'test');
      inOrder(
        () => app.use(expressCors(exposedHeaders)),
        () => app.use(expressRequestId(options)),
      );
      app.get('/', (_req, res) => void res.send('hello'));
      return app.get('/fails', () => fail());
    },
    koa(Koa) {
      const app = new Koa();
      app.silent = true;
      inOrder(
        () => app.use(koaCors(exposed === undefined ? {} : { exposeHeaders: exposed })),
        () => app.use(koaRequestId(options)),
      );
      return app.use((ctx) => {
        if (ctx.path === '/fails') fail();
        if (ctx.path === '/') ctx.body = 'hello';
      });
    },
    fastify(fastify) {
      const app = fastify({ forceCloseConnections: true });
      const cors = app.version.startsWith('4') ? (fastifyCors4 as never) : fastifyCors5;
      inOrder(
        () => app.register(cors, exposedHeaders),
        () => app.register(fastifyRequestId, options),
      );
      app.get('/', async () => 'hello');
      app.get('/fails', async () => fail());
      return app;
    },
  };
}

/** An application of a framework with its CORS middleware, which any origin may call. */
export interface CorsApp {
  readonly name: string;
  start(setup: CorsSetup): Promise<Running>;
}

export const corsApps: readonly CorsApp[] = adapters
  .filter(({ name }) => name !== 'node-http')
  .map((adapter) => ({
    name: adapter.name,
    start: (setup) => adapter.start({}, { native: appsWith(setup) }),
  }));

function fail(): never {
  throw new Error('on purpose');
}
