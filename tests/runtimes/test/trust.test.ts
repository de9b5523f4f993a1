import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { requestId as expressRequestId } from '@request-context/express';
import { requestId as fastifyRequestId } from '@request-context/fastify';
import { requestId as koaRequestId } from '@request-context/koa';
import { getRequestId, type RequestIdOptions } from '@request-context/node-http';
import type { ErrorRequestHandler } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { uuid } from '../../kit/http.ts';
import { adapters } from '../src/adapters/index.ts';
import type { FrameworkAdapter, NativeApps } from '../src/framework-scenario.ts';

/** Where a server listens, as options of `server.listen`. */
type Place = { path: string } | { host: string; port: 0 };
type Trust = NonNullable<RequestIdOptions<unknown>['trust']>;
type OnError = (error: unknown) => void;

/** Returns applications whose frameworks trust X-Forwarded-For. That setting must have no effect. */
function appsWith(trust: Trust, onError: OnError): NativeApps {
  return {
    express(express) {
      const app = express();
      app.set('env', 'test');
      app.set('trust proxy', true);
      app.use(expressRequestId({ trust }));
      app.get('/', (_req, res) => void res.send(getRequestId()));
      const handler: ErrorRequestHandler = (error, _req, _res, next) => {
        onError(error);
        next(error);
      };
      return app.use(handler);
    },
    koa(Koa) {
      const app = new Koa({ proxy: true });
      app.on('error', onError);
      app.use(koaRequestId({ trust }));
      app.use((ctx) => {
        ctx.body = getRequestId();
      });
      return app;
    },
    fastify(fastify) {
      const app = fastify({ trustProxy: true, forceCloseConnections: true });
      app.setErrorHandler((error, _request, reply) => {
        onError(error);
        reply.send(error);
      });
      app.register(fastifyRequestId, { trust });
      app.get('/', async () => getRequestId());
      return app;
    },
  };
}

/** Serves `GET /` at a place until the test ends. Returns the request options that reach it. */
async function serve(
  adapter: FrameworkAdapter,
  place: Place,
  trust: Trust,
  onError: OnError = () => {},
): Promise<object> {
  let server: Server | undefined;
  const { close } = await adapter.start(
    { 'GET /': (x) => x.send({ body: String(getRequestId()) }) },
    {
      options: { trust },
      native: appsWith(trust, onError),
      onServer(created) {
        server = created;
        const { listen } = created;
        created.listen = (...args: unknown[]) =>
          Reflect.apply(listen, created, [place, ...args.filter((arg) => arg instanceof Function)]);
      },
    },
  );
  onTestFinished(close);
  const address = server?.address() as AddressInfo | string;
  return typeof address === 'string'
    ? { socketPath: address }
    : { host: address.address, port: address.port };
}

/** Returns a path for a Unix domain socket. */
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

/** Sends a request with the id 'myid'. */
async function ask(target: object, headers: Record<string, string> = {}): Promise<Seen> {
  const sent = { ...target, agent: false, headers: { 'X-Request-ID': 'myid', ...headers } };
  const [incoming] = await once(request(sent).end(), 'response');
  const id = incoming.headers['x-request-id'];
  return { status: incoming.statusCode, id, body: await text(incoming) };
}

const hasIPv6 = Object.values(networkInterfaces())
  .flat()
  .some((entry) => entry?.address === '::1');

/** The peers as which this machine can connect. */
const peers: Record<string, () => Place> = {
  'a Unix domain socket': () => ({ path: socketPath() }),
  '127.0.0.1': () => ({ host: '127.0.0.1', port: 0 }),
  '::1': () => ({ host: '::1', port: 0 }),
  '::ffff:127.0.0.1': () => ({ host: '::ffff:127.0.0.1', port: 0 }),
};

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

/** Peers other than 127.0.0.1. The conformance suite covers the meaning of `trust`. */
const cases = adapters.flatMap((adapter) =>
  // The frameworks differ only in how they find the peer.
  (adapter.name === 'node-http' ? trusts : trusts.slice(2, 4)).map(
    ([trust, trusted]) => [adapter.name, trust, adapter, trusted] as const,
  ),
);

describe.each(cases)('trust in %s: %s', (_name, trust, adapter, trusted) => {
  for (const [peer, place] of Object.entries(peers)) {
    const isTrusted = trusted.includes(peer);
    // IPv6 needs a machine with the address ::1.
    it.skipIf(peer.includes(':') && !hasIPv6)(
      `${isTrusted ? 'adopt' : 'replace'} the id of ${peer}, for any forwarded address`,
      async () => {
        const target = await serve(adapter, place(), trust);
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
  "pass the error of a function that %s to the frameworks' error handling",
  async (_what, trust, error) => {
    for (const adapter of adapters.filter(({ name }) => name !== 'node-http')) {
      const seen: unknown[] = [];
      const place = { host: '127.0.0.1', port: 0 } as const;
      const target = await serve(adapter, place, trust, (thrown) => seen.push(thrown));
      expect(await ask(target)).toMatchObject({ status: 500 });
      expect(seen, adapter.name).toEqual([expect.objectContaining(error)]);
    }
  },
);

function fail(): never {
  throw new Error('on purpose');
}
