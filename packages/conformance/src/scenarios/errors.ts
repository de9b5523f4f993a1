import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { requestId as expressRequestId } from '@request-context/express';
import { requestId as fastifyRequestId } from '@request-context/fastify';
import { requestId as koaRequestId } from '@request-context/koa';
import type { ErrorRequestHandler } from 'express';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Exchange, HttpScenario, Teardown } from '../types.ts';
import { inFramework, probe } from './in-framework.ts';

/** An error that nobody handles, of a request that is to be named by whoever hears of it. */
class Unhandled extends Error {
  readonly x: Exchange;

  constructor(x: Exchange) {
    super('on purpose');
    this.x = x;
  }
}

type ProcessEvent = 'uncaughtException' | 'uncaughtExceptionMonitor' | 'unhandledRejection';

/**
 * Listens in place of all who listen now, such as a test runner, which would take the errors for
 * its own; what it gives puts them back.
 */
function takeOver(event: ProcessEvent): Teardown {
  const others = process.rawListeners(event);
  const listener = (error: unknown): void => {
    if (error instanceof Unhandled) error.x.probe(event);
    else for (const other of others) Reflect.apply(other, process, [error, event]);
  };
  process.removeAllListeners(event);
  process.on(event as 'uncaughtException', listener);
  return () => {
    process.off(event, listener);
    for (const other of others) process.on(event, other as never);
  };
}

/** A way to fail that no framework gets to see. */
interface Failing {
  readonly id: string;
  /** Continues "the id of". */
  readonly title: string;
  fail(error: Unhandled): void;
}

function fail(error: Unhandled): never {
  throw error;
}

const thrown: readonly Failing[] = [
  { id: 'timer', title: 'an error in a timer', fail: (error) => void setTimeout(fail, 1, error) },
  { id: 'interval', title: 'an error in an interval', fail: failInInterval },
  {
    id: 'immediate',
    title: 'an error in setImmediate',
    fail: (error) => void setImmediate(fail, error),
  },
  {
    id: 'tick',
    title: 'an error in process.nextTick',
    fail: (error) => process.nextTick(fail, error),
  },
  {
    id: 'callback',
    title: 'an error in a callback of fs',
    fail: (error) => fs.stat('.', () => fail(error)),
  },
  {
    id: 'emitter',
    title: "an 'error' that nobody listens to",
    fail: (error) => void setTimeout(() => new EventEmitter().emit('error', error), 1),
  },
  {
    id: 'finish',
    title: "an error in a listener to the response's 'finish'",
    fail: (error) => void error.x.res.on('finish', () => fail(error)),
  },
  {
    id: 'close',
    title: "an error in a listener to the response's 'close'",
    fail: (error) => void error.x.res.on('close', () => fail(error)),
  },
];

function failInInterval(error: Unhandled): void {
  const interval = setInterval(() => {
    clearInterval(interval);
    fail(error);
  }, 1);
}

const rejected: readonly Failing[] = [
  { id: 'promise', title: 'a rejected promise', fail: (error) => void Promise.reject(error) },
  {
    id: 'async',
    title: 'an error in an async function that nobody awaits',
    fail: (error) => void failLater(error),
  },
  {
    id: 'then',
    title: 'an error in a then',
    fail: (error) => void delay(1).then(() => fail(error)),
  },
  {
    id: 'all',
    title: 'an error in a branch of Promise.all',
    fail: (error) => void Promise.all([delay(1), failLater(error)]),
  },
  {
    id: 'listener',
    title: 'an error in an async listener',
    fail: (error) => void error.x.res.on('finish', () => failLater(error)),
  },
];

async function failLater(error: Unhandled): Promise<void> {
  await delay(1);
  throw error;
}

function toScenario(
  events: readonly ProcessEvent[],
  { id, title, ...failing }: Failing,
): HttpScenario {
  return {
    id: `errors-process-${id}`,
    level: 'MUST',
    title: `tells the handlers of the process the id of ${title}`,
    probes: ['handler', ...events],
    routes: {
      'GET /': async (x) => {
        failing.fail(new Unhandled(x));
        await delay(1);
        x.probe('handler');
        x.send();
      },
    },
    prepare() {
      const restore = events.map(takeOver);
      return () => {
        for (const undo of restore) undo();
      };
    },
  };
}

const processScenarios: readonly HttpScenario[] = [
  ...thrown.map((failing) =>
    toScenario(['uncaughtExceptionMonitor', 'uncaughtException'], failing),
  ),
  ...rejected.map((failing) => toScenario(['unhandledRejection'], failing)),
];

function ignoreHangUp(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ECONNRESET') throw error;
}

function answerBadRequest(reply: FastifyReply): void {
  reply.code(400).send();
}

const failure = (): never => {
  throw new Error('on purpose');
};

const expressScenarios: readonly HttpScenario[] = [
  inFramework({
    id: 'errors-express',
    title: "sees the id in Express's error handlers",
    probes: ['error handler', 'awaited', 'next error handler'],
    paths: { '/thrown': 500, '/next': 500, '/later': 500, '/router/param': 500 },
    native: {
      express(express) {
        const app = express();
        app.set('env', 'test');
        app.use(expressRequestId());
        app.get('/thrown', failure);
        app.get('/next', (_req, _res, next) => {
          setTimeout(() => next(new Error('on purpose')), 1);
        });
        app.get('/later', (_req, _res, next) => {
          delay(1).then(failure).catch(next);
        });
        const router = express.Router();
        router.param('name', (_req, _res, next) => next(new Error('on purpose')));
        router.get('/:name', (_req, res) => void res.end());
        app.use('/router', router);
        const probing: ErrorRequestHandler = async (error, req, _res, next) => {
          probe(req, 'error handler');
          await delay(1);
          probe(req, 'awaited');
          next(error);
        };
        const answering: ErrorRequestHandler = (_error, req, res, _next) => {
          probe(req, 'next error handler');
          res.status(500).end();
        };
        app.use(probing, answering);
        return app;
      },
    },
  }),
  inFramework({
    id: 'errors-express-body',
    title: "sees the id in Express's error handlers when the body cannot be parsed",
    probes: ['error handler'],
    visit: async (client) => {
      for (const body of ['{"a":', `"${'x'.repeat(50_000)}"`]) {
        const headers = { 'Content-Type': 'application/json' };
        await client.send('/', { method: 'POST', headers, body });
      }
    },
    native: {
      express(express) {
        const app = express();
        app.use(expressRequestId(), express.json({ limit: 10_000 }));
        const answering: ErrorRequestHandler = (_error, req, res, _next) => {
          probe(req, 'error handler');
          res.status(400).end();
        };
        app.use(answering);
        return app;
      },
    },
  }),
  inFramework({
    id: 'errors-express-404',
    title: 'sees the id in a middleware for what Express does not find',
    probes: ['not found'],
    paths: { '/nowhere': 404 },
    native: {
      express(express) {
        const app = express();
        app.use(expressRequestId());
        app.get('/', (_req, res) => void res.end());
        app.use((req, res) => {
          probe(req, 'not found');
          res.status(404).end();
        });
        return app;
      },
    },
  }),
];

const koaScenarios: readonly HttpScenario[] = [
  inFramework({
    id: 'errors-koa',
    title: "sees the id in Koa's try and catch, and in app.on('error')",
    probes: ['caught', 'app error', 'app error later'],
    paths: { '/thrown': 500, '/later': 500, '/status': 418 },
    native: {
      koa(Koa) {
        const app = new Koa();
        app.on('error', (_error, ctx) => {
          probe(ctx.req, 'app error');
          setTimeout(() => probe(ctx.req, 'app error later'), 1);
        });
        app.use(koaRequestId());
        app.use(async (ctx, next) => {
          try {
            await next();
          } catch (error) {
            probe(ctx.req, 'caught');
            throw error;
          }
        });
        app.use(async (ctx) => {
          if (ctx.path === '/thrown') failure();
          await delay(1);
          if (ctx.path === '/status') ctx.throw(418);
          if (ctx.path === '/later') failure();
        });
        return app;
      },
    },
  }),
  inFramework({
    id: 'errors-koa-stream',
    title: "sees the id in app.on('error') for a stream that fails",
    probes: ['app error'],
    // Koa 2 answers 404 to a file that is missing, Koa 3 hangs up.
    visit: (client) => client.send('/').then(() => undefined, ignoreHangUp),
    native: {
      koa(Koa) {
        const app = new Koa();
        app.on('error', (_error, ctx) => probe(ctx.req, 'app error'));
        app.use(koaRequestId());
        app.use((ctx) => {
          ctx.body = fs.createReadStream('/missing');
        });
        return app;
      },
    },
  }),
  inFramework({
    id: 'errors-koa-404',
    title: 'sees the id in a Koa middleware for what is not found',
    probes: ['not found'],
    paths: { '/nowhere': 404 },
    native: {
      koa(Koa) {
        const app = new Koa();
        app.use(koaRequestId());
        app.use(async (ctx, next) => {
          await next();
          if (ctx.status === 404) probe(ctx.req, 'not found');
        });
        return app;
      },
    },
  }),
  inFramework({
    id: 'errors-koa-first',
    title: "sees the id in app.on('error') for an error of the adapter's options",
    probes: ['app error'],
    paths: { '/': 500 },
    native: {
      koa(Koa) {
        const app = new Koa();
        app.on('error', (_error, ctx) => probe(ctx.req, 'app error'));
        app.use(koaRequestId({ values: failure }));
        return app;
      },
    },
  }),
];

const fastifyScenarios: readonly HttpScenario[] = [
  inFramework({
    id: 'errors-fastify',
    title: "sees the id in Fastify's error handlers and onError",
    probes: ['onError', 'setErrorHandler', 'awaited', 'of the plugin', 'of the route'],
    paths: {
      '/thrown': 500,
      '/later': 500,
      '/sent': 500,
      '/query?count=many': 400,
      '/hook': 500,
      '/stream': 500,
      '/plugin': 500,
      '/route': 500,
    },
    native: {
      fastify(fastify) {
        const app = fastify();
        app.addHook('onError', async (request) => {
          probe(request.raw, 'onError');
          await delay(1);
          probe(request.raw, 'onError');
        });
        app.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
          probe(request.raw, 'setErrorHandler');
          await delay(1);
          probe(request.raw, 'awaited');
          return reply.code(error.statusCode ?? 500).send();
        });
        app.register(fastifyRequestId);
        app.get('/thrown', failure);
        app.get('/later', () => delay(1).then(failure));
        app.get('/sent', (_request, reply) => void reply.send(new Error('on purpose')));
        const querystring = { type: 'object', properties: { count: { type: 'integer' } } };
        app.get('/query', { schema: { querystring } }, () => '');
        app.get('/hook', { preHandler: async () => failure() }, () => '');
        app.get('/stream', (_request, reply) => reply.send(fs.createReadStream('/missing')));
        app.get('/route', {
          handler: failure,
          errorHandler: async (_error, request, reply) => {
            probe(request.raw, 'of the route');
            return reply.code(500).send();
          },
        });
        app.register(async (plugin) => {
          plugin.setErrorHandler((_error, request, reply) => {
            probe(request.raw, 'of the plugin');
            reply.code(500).send();
          });
          plugin.get('/plugin', failure);
        });
        return app;
      },
    },
  }),
  inFramework({
    id: 'errors-fastify-404',
    title: "sees the id in Fastify's handlers for what is not found, and in frameworkErrors",
    probes: ['not found', 'not found in the plugin', 'preHandler', 'frameworkErrors'],
    paths: { '/nowhere': 404, '/plugin/nowhere': 404, '/%zz': 400 },
    native: {
      fastify(fastify) {
        const app = fastify({
          frameworkErrors: (_error, request, reply) => {
            probe(request.raw, 'frameworkErrors');
            answerBadRequest(reply as FastifyReply);
          },
        });
        app.setNotFoundHandler(
          { preHandler: async (request: FastifyRequest) => probe(request.raw, 'preHandler') },
          (request, reply) => {
            probe(request.raw, 'not found');
            reply.code(404).send();
          },
        );
        app.register(
          async (plugin) => {
            plugin.setNotFoundHandler((request, reply) => {
              probe(request.raw, 'not found in the plugin');
              reply.code(404).send();
            });
          },
          { prefix: '/plugin' },
        );
        app.register(fastifyRequestId);
        app.get('/', () => '');
        return app;
      },
    },
  }),
];

export const errorsScenarios: readonly HttpScenario[] = [
  ...processScenarios,
  ...expressScenarios,
  ...koaScenarios,
  ...fastifyScenarios,
];
