import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { requestId as expressRequestId } from '@request-context/express';
import { requestId as fastifyRequestId } from '@request-context/fastify';
import { requestId as koaRequestId } from '@request-context/koa';
import { getRequestId, type RequestIdOptions, withRequestId } from '@request-context/node-http';
import express5, { type ErrorRequestHandler } from 'express';
import express4 from 'express4';
import fastify5 from 'fastify';
import fastify4 from 'fastify4';
import Koa3 from 'koa';
import Koa2 from 'koa2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { uuid } from '../../kit/http.ts';

/** Where a server listens, as `server.listen` has it. */
type Place = { path: string } | { host: string; port: 0 };
type Options = RequestIdOptions<unknown>;

/** Serves `GET /` at a place until the test is over; returns how to reach it. */
type Serve = (
  place: Place,
  options: Options,
  onError?: (error: unknown) => void,
) => Promise<Target>;
interface Target {
  host?: string;
  port?: number;
  socketPath?: string;
}

// Each framework is told to believe X-Forwarded-For, which must not matter.

function serveExpress(create: typeof express5): Serve {
  return (place, options, onError = () => {}) => {
    const app = create();
    app.set('env', 'test');
    app.set('trust proxy', true);
    app.use(expressRequestId(options));
    app.get('/', (_req, res) => void res.send(getRequestId()));
    const handler: ErrorRequestHandler = (error, _req, _res, next) => {
      onError(error);
      next(error);
    };
    app.use(handler);
    return listenAt(place, app);
  };
}

function serveKoa(Koa: typeof Koa3): Serve {
  return (place, options, onError = () => {}) => {
    const app = new Koa({ proxy: true });
    app.on('error', onError);
    app.use(koaRequestId(options));
    app.use((ctx) => {
      ctx.body = getRequestId();
    });
    return listenAt(place, app.callback());
  };
}

function serveFastify(create: typeof fastify5): Serve {
  return async (place, options, onError = () => {}) => {
    const app = create({ trustProxy: true, forceCloseConnections: true });
    onTestFinished(() => app.close());
    app.setErrorHandler((error, _request, reply) => {
      onError(error);
      reply.send(error);
    });
    app.register(fastifyRequestId, options);
    app.get('/', async () => getRequestId());
    await app.listen(place);
    return targetOf(app.server.address());
  };
}

const serveNode: Serve = (place, options) =>
  listenAt(
    place,
    withRequestId((_req, res) => void res.end(getRequestId()), options),
  );

const frameworks: readonly [string, Serve][] = [
  ['node:http', serveNode],
  ['Express 4', serveExpress(express4 as unknown as typeof express5)],
  ['Express 5', serveExpress(express5)],
  ['Koa 2', serveKoa(Koa2 as unknown as typeof Koa3)],
  ['Koa 3', serveKoa(Koa3)],
  ['Fastify 4', serveFastify(fastify4 as unknown as typeof fastify5)],
  ['Fastify 5', serveFastify(fastify5)],
];

async function listenAt(place: Place, listener: RequestListener): Promise<Target> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(place, resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return targetOf(server.address());
}

function targetOf(address: string | AddressInfo | null): Target {
  if (typeof address === 'string') return { socketPath: address };
  return { host: address?.address ?? '', port: address?.port ?? 0 };
}

/** A path for a Unix domain socket. */
function socketPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'request-context-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'socket');
}

interface Seen {
  status: number | undefined;
  id: unknown;
  body: string;
}

/** Asks with the id 'myid'. */
function ask(target: Target, headers: Record<string, string> = {}): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      ...target,
      agent: false,
      headers: { 'X-Request-ID': 'myid', ...headers },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const { statusCode: status } = incoming;
      const id = incoming.headers['x-request-id'];
      text(incoming).then((body) => resolve({ status, id, body }), reject);
    });
    outgoing.end();
  });
}

const hasIPv6 = Object.values(networkInterfaces())
  .flat()
  .some((entry) => entry?.address === '::1');

/** The peers that this machine can be, by real connections. */
const peers: Record<string, () => Place> = {
  'a Unix domain socket': () => ({ path: socketPath() }),
  '127.0.0.1': () => ({ host: '127.0.0.1', port: 0 }),
  '::1': () => ({ host: '::1', port: 0 }),
  '::ffff:127.0.0.1': () => ({ host: '::ffff:127.0.0.1', port: 0 }),
};

type Trust = NonNullable<Options['trust']>;

/** Values of the option, with the peers that each trusts. */
const trusts: readonly [trust: Trust, trusted: string[]][] = [
  [true, Object.keys(peers)],
  [false, []],
  ['loopback', Object.keys(peers)],
  ['127.0.0.1', ['127.0.0.1', '::ffff:127.0.0.1']],
  ['::ffff:127.0.0.1', ['127.0.0.1', '::ffff:127.0.0.1']],
  ['127.0.0.0/8', ['127.0.0.1', '::ffff:127.0.0.1']],
  ['::1', ['::1']],
  ['::/0', ['::1']],
  ['0.0.0.0/0', ['127.0.0.1', '::ffff:127.0.0.1']],
  [
    ['10.0.0.0/8', '::1/128', '127.0.0.1'],
    ['127.0.0.1', '::1', '::ffff:127.0.0.1'],
  ],
  ['192.0.2.1', []],
  [() => true, Object.keys(peers)],
  [() => false, []],
];

/** The conformance suite holds what `trust` means; here are peers other than 127.0.0.1. */
const cases = frameworks.flatMap(([name, serve]) =>
  // The frameworks differ in how they know the peer, not in what they make of it.
  (serve === serveNode ? trusts : trusts.slice(2, 4)).map(
    ([trust, trusted]) => [name, trust, serve, trusted] as const,
  ),
);

describe.each(cases)('trust in %s: %s', (_name, trust, serve, trusted) => {
  for (const [peer, place] of Object.entries(peers)) {
    const isTrusted = trusted.includes(peer);
    // Connections by IPv6 need a machine that has its loopback address.
    it.skipIf(peer.includes(':') && !hasIPv6)(
      `${isTrusted ? 'adopt' : 'replace'} the id of ${peer}, whatever is forwarded`,
      async () => {
        const target = await serve(place(), { trust });
        for (const forwarded of ['', '192.0.2.1', '127.0.0.1', '::1']) {
          const headers = {
            'X-Forwarded-For': forwarded,
            Forwarded: `for=${forwarded}`,
            'X-Real-IP': forwarded,
          };
          const { status, id, body } = await ask(target, headers);
          expect(status).toBe(200);
          expect(body).toBe(id);
          if (isTrusted) expect(id).toBe('myid');
          else expect(id).toMatch(uuid);
        }
      },
    );
  }
});

it.each<[what: string, trust: () => boolean, error: object]>([
  ['throws', () => fail(), { message: 'on purpose' }],
  ['returns a promise', () => Promise.resolve(true) as never, { code: 'ERR_OPTION_RESULT' }],
])(
  "hand the error of a function that %s to the frameworks' error handling",
  async (_what, trust, error) => {
    for (const [name, serve] of frameworks) {
      if (serve === serveNode) continue;
      const seen: unknown[] = [];
      const target = await serve({ host: '127.0.0.1', port: 0 }, { trust }, (thrown) =>
        seen.push(thrown),
      );
      expect(await ask(target)).toMatchObject({ status: 500 });
      expect(seen, name).toEqual([expect.objectContaining(error)]);
    }
  },
);

function fail(): never {
  throw new Error('on purpose');
}
