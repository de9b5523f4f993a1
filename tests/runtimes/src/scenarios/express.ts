import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { publicFolder } from '@request-context/conformance';
import type { Client } from '@request-context/conformance/engine';
import { context, requestId } from '@request-context/express';
import compression from 'compression';
import type express from 'express';
import type { ErrorRequestHandler, Express, RequestHandler } from 'express';
import session from 'express-session';
import onFinished from 'on-finished';
import onHeaders from 'on-headers';
import type { FrameworkScenario } from '../framework-scenario.ts';
import { CallbackPool } from './callback-pool.ts';
import { idOf, inFramework, probe } from './in-framework.ts';
import { askInner, seenInside, visitUncovered } from './nested.ts';

type Framework = typeof express;

/** Returns a middleware that probes and calls `next`. */
function note(label: string): RequestHandler {
  return (req, _res, next) => {
    probe(req, label);
    next();
  };
}

/** Returns a handler that waits, probes and responds. */
function respond(label: string): RequestHandler {
  return (req, res, next) => {
    delay(1)
      .then(() => {
        assert.equal(req.id, idOf(req), 'req.id');
        probe(req, label);
        res.send('done');
      })
      .catch(next);
  };
}

/** Returns a strategy like passport's: it receives the user in a callback, and reports it in another. */
function authenticate(
  pool: CallbackPool,
  wrap: (callback: (user: string) => void) => (user: string) => void,
): RequestHandler {
  return (req, res, next) => {
    const done = wrap((user) => {
      probe(req, 'strategy');
      res.locals.user = user;
      next();
    });
    pool.use(() => done('somebody'));
  };
}

/** Returns a middleware that calls `next` from a pool that requests share. */
function queueing(): RequestHandler {
  const pool = new CallbackPool();
  return (_req, res, next) => {
    res.on('close', () => pool.release());
    pool.acquire(next);
  };
}

/** Returns a session store that calls back from a pool that requests share, as slow databases do. */
function createStore(): session.Store {
  const pool = new CallbackPool();
  const sessions = new Map<string, session.SessionData>();
  class Store extends session.Store {
    override get(id: string, callback: (error: unknown, data?: session.SessionData) => void): void {
      pool.use(() => callback(null, sessions.get(id)));
    }
    override set(id: string, data: session.SessionData, callback?: () => void): void {
      pool.use(() => {
        sessions.set(id, data);
        callback?.();
      });
    }
    override destroy(id: string, callback?: () => void): void {
      pool.use(() => {
        sessions.delete(id);
        callback?.();
      });
    }
  }
  return new Store();
}

function useSession(store?: session.Store): RequestHandler {
  const options = { secret: 'secret', resave: true, saveUninitialized: true };
  return session(store === undefined ? options : { ...options, store });
}

/** Saves, reloads and replaces the session, with a probe in each callback. */
const changeSession: RequestHandler = (req, res) => {
  probe(req, 'session');
  req.session.save(() => {
    probe(req, 'saved');
    req.session.reload(() => {
      probe(req, 'reloaded');
      req.session.regenerate(() => {
        probe(req, 'regenerated');
        res.on('finish', () => probe(req, 'finish'));
        res.send('done');
      });
    });
  });
};

/** Begins a session, and sends a second request with it. */
async function visitSession(client: Client): Promise<void> {
  const { headers } = await client.send('/');
  const Cookie = String(headers['set-cookie']).split(';')[0] as string;
  await client.send('/', { headers: { Cookie } });
}

const sessionProbes = ['session', 'saved', 'reloaded', 'regenerated', 'finish'];

/** Returns an application with one route that runs all middlewares. */
function withMiddlewares(...middlewares: RequestHandler[]) {
  return {
    express(framework: Framework): Express {
      const app = framework();
      app.get('/', ...middlewares);
      return app;
    },
  };
}

export const expressScenarios: readonly FrameworkScenario[] = [
  inFramework({
    id: 'express-router',
    title: "keep the id in Express's routers, params and routes",
    probes: ['middleware', 'app.param', 'router', 'router.param', 'all', 'next route', 'handler'],
    paths: { '/of/a/b': 200 },
    express(framework) {
      const app = framework();
      const router = framework.Router({ mergeParams: true });
      app.use(requestId(), note('middleware'));
      app.param('outer', (req, _res, next) => {
        probe(req, 'app.param');
        setTimeout(next, 1);
      });
      router.use(note('router'));
      router.param('inner', (req, _res, next) => {
        probe(req, 'router.param');
        setTimeout(next, 1);
      });
      router.route('/:inner').all(note('all'));
      router.get('/:inner', (_req, _res, next) => void setTimeout(() => next('route'), 1));
      router.get('/:inner', [note('next route'), respond('handler')]);
      app.use('/of/:outer', router);
      return app;
    },
  }),
  inFramework({
    id: 'express-sub-app',
    title: 'keep the first id in an Express application within another, both with the adapter',
    probes: ['outer', 'inner', 'inner handler', 'outer after'],
    paths: { '/inner': 200, '/inner/passed': 200 },
    express(framework) {
      const inner = framework();
      inner.use(requestId({ trust: false }), note('inner'));
      inner.get('/', respond('inner handler'));
      const app = framework();
      app.use(requestId(), note('outer'));
      app.use('/inner', inner);
      app.use(respond('outer after'));
      return app;
    },
  }),
  inFramework({
    id: 'express-twice',
    title: 'keep the first id where the adapter is mounted twice on Express',
    probes: ['first', 'second', 'handler'],
    express(framework) {
      const app = framework();
      app.use(requestId(), note('first'));
      app.use(requestId({ trust: false, header: 'X-Other-ID' }), note('second'));
      app.get('/', respond('handler'));
      return app;
    },
  }),
  inFramework({
    id: 'express-uncovered',
    title: 'show nothing in routes that the adapter does not cover, on the same connection too',
    probes: ['covered'],
    visit: visitUncovered,
    express(framework) {
      const app = framework();
      const router = framework.Router();
      router.use(requestId());
      router.get('/', respond('covered'));
      app.use('/covered', router);
      app.get('/uncovered', (req, res, next) => {
        seenInside(req, res).then((seen) => res.send(seen), next);
      });
      return app;
    },
  }),
  inFramework({
    id: 'express-nested',
    title: 'keep the ids apart where a handler asks another Express application in the process',
    probes: ['before', 'after'],
    express(framework) {
      const inner = framework();
      inner.use(requestId());
      inner.get('/', (req, res, next) => {
        seenInside(req, res).then((seen) => res.send(seen), next);
      });
      const app = framework();
      app.use(requestId());
      app.get('/', (req, res, next) => {
        probe(req, 'before');
        askInner(req, inner).then(() => {
          probe(req, 'after');
          res.send('done');
        }, next);
      });
      return app;
    },
  }),
  inFramework({
    id: 'express-session',
    title: 'keep the id in and after express-session',
    probes: sessionProbes,
    visit: visitSession,
    ...withMiddlewares(requestId(), useSession(), changeSession),
  }),
  inFramework({
    id: 'express-session-store',
    title: 'keep the id after express-session with a store that queues, mounting the adapter again',
    probes: ['session', 'finish'],
    visit: visitSession,
    ...withMiddlewares(requestId(), useSession(createStore()), requestId(), (req, res) => {
      probe(req, 'session');
      res.on('finish', () => probe(req, 'finish'));
      res.send('done');
    }),
  }),
  inFramework({
    id: 'express-session-store-plain',
    fails:
      'the store calls back from the request that releases its place; mount the adapter again behind it',
    title: 'keep the id after express-session with a store that queues',
    probes: ['session'],
    visit: visitSession,
    ...withMiddlewares(requestId(), useSession(createStore()), respond('session')),
  }),
  inFramework({
    id: 'express-strategy',
    title: "keep the id in and after a strategy's bound callback",
    probes: ['strategy', 'handler'],
    ...withMiddlewares(
      requestId(),
      authenticate(new CallbackPool(), context.bind),
      respond('handler'),
    ),
  }),
  inFramework({
    id: 'express-strategy-plain',
    fails: 'the callback is called by the request that releases its place',
    title: "keep the id in and after a strategy's callback",
    probes: ['strategy', 'handler'],
    ...withMiddlewares(
      requestId(),
      authenticate(new CallbackPool(), (callback) => callback),
      respond('handler'),
    ),
  }),
  inFramework({
    id: 'express-next',
    title: 'find the id again behind a middleware that queues, where the adapter is mounted again',
    probes: ['handler'],
    ...withMiddlewares(requestId(), queueing(), requestId(), respond('handler')),
  }),
  inFramework({
    id: 'express-next-plain',
    fails:
      'next is called by the request that releases its place; mount the adapter again behind it',
    title: 'keep the id behind a middleware that queues',
    probes: ['handler'],
    ...withMiddlewares(requestId(), queueing(), respond('handler')),
  }),
  inFramework({
    id: 'express-compression',
    title: 'keep the id in the events of a compressed response',
    probes: ['on-headers', 'drain', 'finish', 'close', 'on-finished'],
    visit: async (client) => {
      await client.send('/', { headers: { 'Accept-Encoding': 'gzip' } });
    },
    ...withMiddlewares(requestId(), compression({ threshold: 0 }), (req, res) => {
      onHeaders(res, () => probe(req, 'on-headers'));
      onFinished(res, () => probe(req, 'on-finished'));
      for (const event of ['drain', 'finish', 'close']) res.on(event, () => probe(req, event));
      res.type('text');
      const write = (left: number): void => {
        // Incompressible, so that the socket fills up.
        const chunk = randomBytes(100_000);
        if (left === 0) res.end();
        else if (res.write(chunk)) setImmediate(write, left - 1);
        else res.once('drain', () => write(left - 1));
      };
      write(3);
    }),
  }),
  inFramework({
    id: 'express-access-log',
    title: 'keep the id where an access log is written, by on-headers and on-finished',
    probes: ['on-headers', 'log', 'finish', 'close'],
    ...withMiddlewares(
      requestId(),
      (req, res, next) => {
        onHeaders(res, () => probe(req, 'on-headers'));
        onFinished(res, () => probe(req, 'log'));
        res.on('finish', () => probe(req, 'finish'));
        res.on('close', () => probe(req, 'close'));
        next();
      },
      (_req, res) => void res.json({ done: true }),
    ),
  }),
  inFramework({
    id: 'express-files',
    title: 'keep the id in the callbacks of sendFile, download and render',
    probes: ['sendFile', 'download', 'engine', 'render', 'missing'],
    paths: { '/file': 200, '/download': 200, '/view': 200, '/missing': 404 },
    express(framework) {
      const app = framework();
      const root = `${publicFolder}/public`;
      app.use(requestId());
      app.get('/file', (req, res) =>
        res.sendFile('file.txt', { root }, () => probe(req, 'sendFile')),
      );
      app.get('/download', (req, res) =>
        res.download('file.txt', 'file.txt', { root }, () => probe(req, 'download')),
      );
      app.get('/missing', (req, res) =>
        res.sendFile('missing', { root }, () => {
          probe(req, 'missing');
          res.status(404).end();
        }),
      );
      app.engine('txt', (_path, options, done) => {
        probe((options as { req?: express.Request }).req as express.Request, 'engine');
        setTimeout(done, 1, null, 'rendered');
      });
      app.set('views', root);
      app.get('/view', (req, res) =>
        res.render('file.txt', { req }, (_error, html) => {
          probe(req, 'render');
          res.send(html);
        }),
      );
      return app;
    },
  }),
  inFramework({
    id: 'express-errors',
    title: "show the id in Express's error handlers",
    probes: ['error handler', 'awaited', 'next error handler'],
    paths: { '/thrown': 500, '/next': 500, '/later': 500, '/router/param': 500 },
    express(express) {
      const app = express();
      app.set('env', 'test');
      app.use(requestId());
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
      const responding: ErrorRequestHandler = (_error, req, res, _next) => {
        probe(req, 'next error handler');
        res.status(500).end();
      };
      app.use(probing, responding);
      return app;
    },
  }),
  inFramework({
    id: 'express-errors-body',
    title: "show the id in Express's error handlers when the body cannot be parsed",
    probes: ['error handler'],
    visit: async (client) => {
      for (const body of ['{"a":', `"${'x'.repeat(50_000)}"`]) {
        const headers = { 'Content-Type': 'application/json' };
        await client.send('/', { method: 'POST', headers, body });
      }
    },
    express(express) {
      const app = express();
      app.use(requestId(), express.json({ limit: 10_000 }));
      const responding: ErrorRequestHandler = (_error, req, res, _next) => {
        probe(req, 'error handler');
        res.status(400).end();
      };
      app.use(responding);
      return app;
    },
  }),
  inFramework({
    id: 'express-errors-404',
    title: 'show the id in a middleware for what Express does not find',
    probes: ['not found'],
    paths: { '/nowhere': 404 },
    express(express) {
      const app = express();
      app.use(requestId());
      app.get('/', (_req, res) => void res.end());
      app.use((req, res) => {
        probe(req, 'not found');
        res.status(404).end();
      });
      return app;
    },
  }),
];

function failure(): never {
  throw new Error('on purpose');
}
