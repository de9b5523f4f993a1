import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import fs from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@request-context/conformance/engine';
import { context, getRequestId, requestId } from '@request-context/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest, fastify } from 'fastify';
import type { FrameworkScenario } from '../framework-scenario.ts';
import { CallbackPool } from './callback-pool.ts';
import { idOf, inFramework, probe } from './in-framework.ts';
import { askInner, seenInside, visitUncovered } from './nested.ts';

type Framework = typeof fastify;

const hooks = [
  'onRequest',
  'preParsing',
  'preValidation',
  'preHandler',
  'preSerialization',
  'onSend',
  'onResponse',
] as const;

/** Adds each hook twice: with a callback, and as an async function. */
function addHooks(app: FastifyInstance, place: string): void {
  for (const hook of hooks) {
    // The request is the first argument of every hook, and the callback is the last.
    app.addHook(hook as 'onRequest', (...args: unknown[]) => {
      probe((args[0] as FastifyRequest).raw, `${place} ${hook}`);
      setTimeout(args.at(-1) as () => void, 1);
    });
    app.addHook(hook as 'onRequest', async (request: FastifyRequest) => {
      await delay(1);
      probe(request.raw, `${place} async ${hook}`);
    });
  }
}

/** Returns a handler that waits, probes and responds. */
function respond(label: string) {
  return async (request: FastifyRequest): Promise<string> => {
    await delay(1);
    probe(request.raw, label);
    return 'done';
  };
}

/** Returns a hook that probes at once and later. */
function probeTwice(label: string) {
  return async (request: FastifyRequest): Promise<void> => {
    probe(request.raw, label);
    await delay(1);
    probe(request.raw, `${label} later`);
  };
}

function hookProbes(...places: string[]): string[] {
  return places.flatMap((place) =>
    hooks.flatMap((hook) => [`${place} ${hook}`, `${place} async ${hook}`]),
  );
}

async function postJson(client: Client, path: string): Promise<void> {
  const headers = { 'Content-Type': 'application/json' };
  const { status } = await client.send(path, { method: 'POST', headers, body: '{"a":1}' });
  assert.equal(status, 200);
}

/** Notifies a client that its request has arrived. */
const arrivals = new EventEmitter();

/** Sends a request, and aborts it once it has arrived. */
async function visitAndAbort({ url, id }: Client): Promise<void> {
  const outgoing = httpRequest(url, { agent: false, headers: { 'X-Request-ID': id } }).end();
  const closed = new Promise((resolve) => outgoing.on('close', resolve));
  outgoing.on('error', () => undefined);
  await new Promise((resolve) => arrivals.once(id, resolve));
  outgoing.destroy();
  await closed;
}

function ignoreHangUp(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ECONNRESET') throw error;
}

/** A line of Fastify's log, and the id that was current when it was written. */
interface LogLine {
  readonly msg: string;
  readonly reqId?: string;
  readonly seen: string | undefined;
}

let lines: LogLine[] = [];
let visitors: string[] = [];

const logStream = {
  write(line: string): void {
    lines.push({ ...JSON.parse(line), seen: getRequestId() });
  },
};

const loggedPaths = ['/', '/before', '/nowhere', '/hijacked', '/plugin', '/thrown', '/%zz'];

async function visitLogged(client: Client): Promise<void> {
  visitors.push(client.id);
  for (const path of loggedPaths) await client.send(path);
}

/** Checks that each request is logged with its id, on arrival and at its end. */
function checkLog(): void {
  const own = lines.filter(({ reqId }) => reqId !== undefined);
  for (const { msg, reqId, seen } of own) assert.equal(seen, reqId, msg);
  for (const id of visitors) {
    const messages = own.filter(({ reqId }) => reqId === id).map(({ msg }) => msg);
    for (const [message, count] of Object.entries({
      'incoming request': loggedPaths.length,
      // Fastify does not log the end of requests that frameworkErrors handles.
      'request completed': loggedPaths.length - 1,
      'in the handler': 3,
      'on purpose': 1,
    })) {
      assert.equal(messages.filter((msg) => msg === message).length, count, `${id}: ${message}`);
    }
  }
  assert.equal(new Set(own.map(({ reqId }) => reqId)).size, visitors.length, 'no other ids');
}

type Derived = (error: Error | null, value: string) => void;

/** Returns an application whose requests wait for a place in a pool. */
function queueing(wrap: (done: () => void) => () => void) {
  return {
    fastify(framework: Framework): FastifyInstance {
      const pool = new CallbackPool();
      const app = framework();
      app.register(requestId);
      app.addHook('preHandler', (_request, reply, done) => {
        reply.raw.on('close', () => pool.release());
        pool.acquire(wrap(done));
      });
      app.get('/', respond('handler'));
      return app;
    },
  };
}

export const fastifyScenarios: readonly FrameworkScenario[] = [
  inFramework({
    id: 'fastify-hooks',
    title: 'keep the id in every hook of Fastify, added before the adapter and after it',
    probes: [...hookProbes('before', 'after', 'plugin'), 'route', 'handler'],
    visit: (client) => postJson(client, '/'),
    fastify(framework) {
      const app = framework();
      addHooks(app, 'before');
      app.register(requestId);
      app.register(async (plugin) => {
        addHooks(plugin, 'plugin');
        plugin.post('/', {
          onRequest: [async (request) => probe(request.raw, 'route')],
          handler: async (request) => {
            await delay(1);
            probe(request.raw, 'handler');
            return { done: true };
          },
        });
      });
      addHooks(app, 'after');
      return app;
    },
  }),
  inFramework({
    id: 'fastify-timeout',
    title: 'keep the id in onTimeout',
    probes: ['onTimeout', 'onTimeout later'],
    visit: (client) => client.send('/').then(() => undefined, ignoreHangUp),
    fastify(framework) {
      const app = framework({ connectionTimeout: 30 });
      app.addHook('onTimeout', probeTwice('onTimeout'));
      app.register(requestId);
      app.get('/', (_request, reply) => once(reply.raw, 'close').then(() => reply));
      return app;
    },
  }),
  inFramework({
    id: 'fastify-abort',
    title: 'keep the id in onRequestAbort',
    probes: ['onRequestAbort', 'onRequestAbort later'],
    visit: visitAndAbort,
    fastify(framework) {
      const app = framework();
      app.addHook('onRequestAbort', probeTwice('onRequestAbort'));
      app.register(requestId);
      app.get('/', (request, reply) => {
        arrivals.emit(String(request.headers['x-request-id']));
        return once(reply.raw, 'close').then(() => reply);
      });
      return app;
    },
  }),
  inFramework({
    id: 'fastify-plugins',
    title:
      "keep the id in Fastify's plugins and decorators, registered before the adapter and after",
    probes: ['before', 'after', 'nested', 'request decorator', 'reply decorator'],
    paths: { '/before': 200, '/after': 200, '/after/nested': 200 },
    fastify(framework) {
      const app = framework();
      app.decorateRequest('note', function (this: FastifyRequest) {
        probe(this.raw, 'request decorator');
      });
      app.decorateReply('note', function (this: { request: FastifyRequest }) {
        probe(this.request.raw, 'reply decorator');
      });
      app.register(async (plugin) => {
        plugin.get('/before', respond('before'));
      });
      app.register(requestId);
      app.register(
        async (plugin) => {
          plugin.addHook('onSend', async (request, reply) => {
            for (const decorated of [request, reply]) (decorated as { note?(): void }).note?.();
          });
          plugin.get('/', respond('after'));
          plugin.register(async (nested) => {
            nested.get('/nested', respond('nested'));
          });
        },
        { prefix: '/after' },
      );
      return app;
    },
  }),
  inFramework({
    id: 'fastify-uncovered',
    title: 'show nothing outside a plugin that registers the adapter, on the same connection too',
    probes: ['covered'],
    visit: visitUncovered,
    fastify(framework) {
      const app = framework();
      app.register(async (plugin) => {
        plugin.register(requestId);
        plugin.get('/covered', respond('covered'));
      });
      app.get('/uncovered', (request, reply) => seenInside(request.raw, reply.raw));
      return app;
    },
  }),
  inFramework({
    id: 'fastify-twice',
    title: 'keep the first id where the adapter is registered twice with Fastify',
    probes: ['outer', 'inner'],
    paths: { '/': 200, '/inner': 200 },
    fastify(framework) {
      const app = framework();
      app.register(requestId);
      app.register(async (plugin) => {
        plugin.register(requestId, { trust: false, header: 'X-Other-ID' });
        plugin.get('/inner', async (request) => {
          probe(request.raw, 'inner');
          return request.id;
        });
      });
      app.register(requestId, { trust: false });
      app.get('/', async (request) => {
        probe(request.raw, 'outer');
        return request.id;
      });
      return app;
    },
  }),
  inFramework({
    id: 'fastify-log',
    title: "put the id into the lines of Fastify's log, in the context of their requests",
    probes: [],
    visit: visitLogged,
    prepare() {
      lines = [];
      visitors = [];
      return () => undefined;
    },
    after: checkLog,
    fastify(framework) {
      const app = framework({
        logger: { stream: logStream },
        frameworkErrors: (_error, _request, reply) => void (reply as { send(): void }).send(),
      });
      const logging = (path: string) => async (plugin: FastifyInstance) => {
        plugin.get(path, async (request) => {
          await delay(1);
          request.log.info('in the handler');
          return 'done';
        });
      };
      app.register(logging('/before'));
      app.register(requestId);
      app.register(logging('/plugin'));
      app.get('/', async (request) => {
        await delay(1);
        request.log.info('in the handler');
        return 'done';
      });
      app.get('/hijacked', (_request, reply) => {
        reply.hijack();
        reply.raw.end('done');
      });
      app.get('/thrown', async () => {
        throw new Error('on purpose');
      });
      return app;
    },
  }),
  inFramework({
    id: 'fastify-nested',
    title: 'keep the ids apart where a handler injects a request into an application',
    probes: ['before', 'after', 'after inject'],
    fastify(framework) {
      const inner = framework();
      inner.register(requestId);
      inner.get('/', (request, reply) => seenInside(request.raw, reply.raw));
      const app = framework();
      app.register(requestId);
      app.get('/own', (request, reply) => seenInside(request.raw, reply.raw));
      app.get('/', async (request) => {
        probe(request.raw, 'before');
        await inner.ready();
        await askInner(request.raw, (req, res) => inner.routing(req, res));
        probe(request.raw, 'after');
        const sent = `${request.id}.own`;
        const { payload } = await app.inject({ url: '/own', headers: { 'X-Request-ID': sent } });
        assert.equal(payload, sent);
        probe(request.raw, 'after inject');
        return 'done';
      });
      return app;
    },
  }),
  inFramework({
    id: 'fastify-parsers',
    title: "keep the id in Fastify's parsers, validators and serializers",
    probes: ['stream parser', 'string parser', 'async parser', 'validator', 'serializer'],
    visit: async (client) => {
      for (const kind of ['stream', 'string', 'async']) {
        const headers = { 'Content-Type': `application/${kind}` };
        const body = Readable.from(['a', 'b']);
        const { status } = await client.send('/', { method: 'POST', headers, body });
        assert.equal(status, 200);
      }
    },
    fastify(framework) {
      const app = framework();
      app.addContentTypeParser('application/stream', (request, payload, done) => {
        payload.on('data', () => probe(request.raw, 'stream parser'));
        payload.on('end', () => {
          probe(request.raw, 'stream parser');
          done(null, request.raw);
        });
      });
      const asString = { parseAs: 'string' } as const;
      app.addContentTypeParser('application/string', asString, (request, _body, done) => {
        probe(request.raw, 'string parser');
        setTimeout(done, 1, null, request.raw);
      });
      app.addContentTypeParser(
        'application/async',
        async (request: FastifyRequest, payload: Readable) => {
          await text(payload);
          probe(request.raw, 'async parser');
          return request.raw;
        },
      );
      app.setValidatorCompiler(() => (raw) => {
        probe(raw, 'validator');
        return { value: raw };
      });
      app.setReplySerializer((payload) => {
        probe((payload as { raw: FastifyRequest['raw'] }).raw, 'serializer');
        return 'done';
      });
      app.register(requestId);
      app.post('/', { schema: { body: { type: 'object' } } }, async ({ raw }) => ({ raw }));
      return app;
    },
  }),
  inFramework({
    id: 'fastify-routing',
    title: 'keep the id in what Fastify calls before it knows the route',
    probes: ['rewriteUrl', 'constraint', 'childLoggerFactory', 'handler'],
    fastify(framework) {
      const app: FastifyInstance = framework({
        rewriteUrl(req) {
          probe(req as IncomingMessage, 'rewriteUrl');
          return String(req.url);
        },
      });
      app.addConstraintStrategy({
        name: 'secret',
        storage: () => {
          const handlers = new Map();
          return {
            get: (key) => handlers.get(key) ?? null,
            set: (key, handler) => void handlers.set(key, handler),
          };
        },
        // The third parameter, which the types lack, makes it asynchronous.
        deriveConstraint: ((req: IncomingMessage, _context: unknown, done: Derived) => {
          setTimeout(() => {
            probe(req, 'constraint');
            done(null, 'open');
          }, 1);
        }) as () => unknown,
        validate: () => true,
      });
      app.setChildLoggerFactory((logger, bindings, options, req) => {
        probe(req as IncomingMessage, 'childLoggerFactory');
        return logger.child(bindings, options);
      });
      app.register(requestId);
      app.get('/', { constraints: { secret: 'open' } }, respond('handler'));
      return app;
    },
  }),
  inFramework({
    id: 'fastify-done',
    title: "keep the id behind a hook whose bound 'done' is called from a pool",
    probes: ['handler'],
    ...queueing(context.bind),
  }),
  inFramework({
    id: 'fastify-done-plain',
    fails: 'done is called by the request that releases its place; bind it',
    title: "keep the id behind a hook whose 'done' is called from a pool",
    probes: ['handler'],
    ...queueing((done) => done),
  }),
  inFramework({
    id: 'fastify-errors',
    title: "show the id in Fastify's error handlers and onError",
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
      app.register(requestId);
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
  }),
  inFramework({
    id: 'fastify-errors-404',
    title: "show the id in Fastify's handlers for what is not found, and in frameworkErrors",
    probes: ['not found', 'not found in the plugin', 'preHandler', 'frameworkErrors'],
    paths: { '/nowhere': 404, '/plugin/nowhere': 404, '/%zz': 400 },
    fastify(fastify) {
      const app = fastify({
        frameworkErrors: (_error, request, reply) => {
          if (request.id === idOf(request.raw)) probe(request.raw, 'frameworkErrors');
          sendBadRequest(reply as FastifyReply);
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
      app.register(requestId);
      app.get('/', () => '');
      return app;
    },
  }),
];

function failure(): never {
  throw new Error('on purpose');
}

function sendBadRequest(reply: FastifyReply): void {
  reply.code(400).send();
}
