import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { context, getRequestId } from '@request-context/core';
import {
  type InstrumentOutboundOptions,
  instrumentOutbound,
} from '@request-context/propagation/http';
import { undiciInterceptor } from '@request-context/propagation/undici';
import type * as undici7 from 'undici';
import {
  assertReceivedNothing,
  type Head,
  openUndiciServers,
  type UndiciServers,
} from './outbound-undici-servers.ts';

declare module '@request-context/core' {
  interface ContextValues {
    tenant: unknown;
  }
}

/** A scenario that needs no server of ours. */
export interface ClientScenario {
  readonly id: string;
  readonly title: string;
  run(): Promise<void>;
}

/** A copy of undici, with the types of undici 7. */
export type Undici = typeof undici7;
type Dispatcher = undici7.Dispatcher;

/** The copies of undici, by the names under which they are reported. The name `undici` is Bun's own module in Bun. */
export const undiciCopies: Readonly<Record<string, () => Promise<unknown>>> = {
  'undici-5': () => import('undici5'),
  'undici-6': () => import('undici6'),
  'undici-7': () => import('undici/index.js'),
  'undici-8': () => import('undici8'),
};

/** Calls at once, through `connections`. */
const many = 300;
const some = 40;
const connections = 2;

/** Runs tasks at once, each in a separate context. */
export async function together(count: number, task: (id: string) => unknown): Promise<void> {
  const tasks = Array.from({ length: count }, (_, at) => {
    const id = `id-${at}`;
    return context.run({ requestId: id, tenant: `tenant ${at}` }, async () => task(id));
  });
  await Promise.all(tasks);
}

/** Asserts that a server received the caller's own id and baggage, once. */
export function assertOwn(id: string, { ids, baggage, all }: Head): void {
  assert.deepEqual(ids, [id]);
  assert.equal(baggage, `tenant=tenant%20${id.slice(3)}`);
  assert.doesNotMatch(all, /x-request-context/);
  assert.equal(getRequestId(), id, 'after the call');
}

/** Runs a task with all servers, and ends them. */
export async function withServers(task: (servers: UndiciServers) => Promise<void>): Promise<void> {
  const servers = await openUndiciServers();
  try {
    await task(servers);
  } finally {
    for (const undo of undos.splice(0).reverse()) undo();
    await servers.close();
  }
}

/** What the scenario that runs has to undo at its end, passed or failed. */
const undos: (() => void)[] = [];

/** Undoes something when the scenario ends. */
export function atEnd(undo: () => void): void {
  undos.push(undo);
}

/** Instruments outbound calls to the end of the scenario. Returns a function that ends it earlier. */
export function turnOn(options: InstrumentOutboundOptions): () => void {
  const undo = instrumentOutbound(options);
  atEnd(undo);
  return undo;
}

/** Returns the origins that may get the id. */
export function allowed({ friend, secure, secure2 }: UndiciServers): string[] {
  return [friend.url, secure.url, secure2.url];
}

/** Returns the path that redirects to a URL. */
export function redirectTo(url: string, status = 302): string {
  return `/to?${status}&${encodeURIComponent(url)}`;
}

/** Ends a dispatcher. */
async function end(dispatcher: unknown): Promise<void> {
  await (dispatcher as Dispatcher).destroy();
}

/** Every way to send a request with undici 5 to 8. Each resolves to what the server received. */
const ways: Readonly<
  Record<string, (undici: Undici, dispatcher: Dispatcher, url: string) => Promise<Head>>
> = {
  request: async ({ request }, dispatcher, url) =>
    readBody((await request(url, { dispatcher })).body),
  fetch: async ({ fetch }, dispatcher, url) =>
    (await (await fetch(url, { dispatcher })).json()) as Head,
  async stream({ stream }, dispatcher, url) {
    const id = getRequestId();
    const chunks: Buffer[] = [];
    await stream(url, { dispatcher, method: 'GET' } as never, () => {
      assert.equal(getRequestId(), id, 'in the factory');
      return new Writable({
        write(chunk, _, done) {
          assert.equal(getRequestId(), id, 'in write');
          chunks.push(chunk);
          done();
        },
      });
    });
    return JSON.parse(Buffer.concat(chunks).toString());
  },
  async pipeline({ pipeline: send }, dispatcher, url) {
    const id = getRequestId();
    const duplex = send(url, { dispatcher, method: 'POST' } as never, ({ body }) => {
      assert.equal(getRequestId(), id, 'in the handler');
      return body;
    });
    const out = new PassThrough();
    const done = text(out);
    await pipeline(Readable.from(['a body']), duplex, out);
    return JSON.parse(await done);
  },
};

/** Reads a body by its events, and checks the id in each. */
function readBody(body: Readable): Promise<Head> {
  const id = getRequestId();
  let read = '';
  return new Promise((resolve, reject) => {
    const check = (where: string): void => {
      if (getRequestId() !== id) reject(new Error(`${where}: ${getRequestId()}, not ${id}`));
    };
    body.on('data', (chunk) => {
      check('data');
      read += chunk;
    });
    body.on('end', () => {
      check('end');
      resolve(JSON.parse(read));
    });
    body.on('error', reject);
  });
}

/** Returns the scenarios of one copy of undici. */
export function undiciScenarios(undici: Undici, major: number): ClientScenario[] {
  const insecure = { connect: { rejectUnauthorized: false } };

  /** Returns a scenario with the copy instrumented. */
  function instrumented(
    id: string,
    title: string,
    task: (servers: UndiciServers) => Promise<void>,
    more: Partial<InstrumentOutboundOptions> = {},
  ): ClientScenario {
    return {
      id: `undici-${id}`,
      title,
      run: () =>
        withServers(async (servers) => {
          const options = { to: allowed(servers), keys: ['tenant' as const], undici: [undici] };
          turnOn({ ...options, ...more });
          await task(servers);
        }),
    };
  }

  /** Returns a scenario in which a dispatcher is used by many requests at once. */
  function viaDispatcher(
    id: string,
    title: string,
    open: (servers: UndiciServers) => Dispatcher,
    task: (dispatcher: Dispatcher, servers: UndiciServers, id: string) => Promise<void>,
    count = some,
  ): ClientScenario {
    return instrumented(id, title, async (servers) => {
      const dispatcher = open(servers);
      try {
        await together(count, (own) => task(dispatcher, servers, own));
      } finally {
        await end(dispatcher);
      }
      assertReceivedNothing(servers.stranger, false);
    });
  }

  const { Agent, Pool, Client, BalancedPool, ProxyAgent, request } = undici;

  const openers: Readonly<Record<string, (servers: UndiciServers) => Dispatcher>> = {
    pool: ({ friend }) => new Pool(friend.url, { connections }),
    agent: () => new Agent({ connections }),
    client: ({ friend }) => new Client(friend.url),
    balanced: ({ friend }) => new BalancedPool(friend.url, { connections }),
  };

  const concurrent = Object.entries(openers).flatMap(([opener, open]) =>
    Object.entries(ways)
      .filter(([way]) => opener === 'pool' || way === 'request' || way === 'fetch')
      .map(([way, send]) =>
        viaDispatcher(
          `concurrent-${opener}-${way}`,
          `send ${many} concurrent calls by ${way} through a ${opener}, each with its own id`,
          open,
          async (dispatcher, { friend }, id) =>
            assertOwn(id, await send(undici, dispatcher, `${friend.url}/${id}`)),
          many,
        ),
      ),
  );

  const strangers = Object.entries(ways).map(([way, send]) =>
    instrumented(`stranger-${way}`, `send nothing to a stranger by ${way}`, async (servers) => {
      const agent = new Agent({ connections });
      await together(some, () => send(undici, agent, `${servers.stranger.url}/`));
      await end(agent);
      assertReceivedNothing(servers.stranger);
    }),
  );

  /** Ways to retry. */
  const retries: Record<string, (dispatcher: Dispatcher) => Dispatcher> = {};
  const retryOptions = { minTimeout: 1, timeoutFactor: 1, maxRetries: 3 };
  if (major >= 6) {
    const { RetryAgent, interceptors } = undici;
    retries['retry agent'] = (dispatcher) => new RetryAgent(dispatcher, retryOptions);
    retries['retry interceptor'] = (dispatcher) =>
      dispatcher.compose(interceptors.retry(retryOptions));
  }

  const retried = Object.entries(retries).flatMap(([name, wrap]) =>
    ['pool', 'agent'].map((opener) =>
      viaDispatcher(
        `${name.replace(' ', '-')}-${opener}`,
        `send each retry by the ${name} of a ${opener} with the id of who asked`,
        (servers) => wrap((openers[opener] as (servers: UndiciServers) => Dispatcher)(servers)),
        async (dispatcher, { friend }, id) => {
          const url = `${friend.url}/flaky?${id}`;
          assertOwn(id, await readBody((await request(url, { dispatcher })).body));
          const heads = friend.heads.filter((head) => head.url === `/flaky?${id}`);
          assert.deepEqual(
            heads.map(({ ids }) => ids),
            [[id], [id]],
          );
        },
      ),
    ),
  );

  if (major === 5) {
    retried.push(
      viaDispatcher(
        'retry-handler',
        'send each retry by a RetryHandler with the id of who asked',
        ({ friend }) => new Pool(friend.url, { connections }),
        async (pool, { friend }, id) => {
          await new Promise<void>((resolve, reject) => {
            const handler = {
              onConnect() {},
              onHeaders: () => true,
              onData: () => true,
              onComplete: () => resolve(),
              onError: reject,
            };
            const options = { method: 'GET', path: `/flaky?${id}`, retryOptions } as const;
            const retry = new undici.RetryHandler(options as never, {
              dispatch: pool.dispatch.bind(pool),
              handler: handler as never,
            });
            pool.dispatch(options as never, retry as never);
          });
          const heads = friend.heads.filter((head) => head.url === `/flaky?${id}`);
          assert.deepEqual(
            heads.map(({ ids }) => ids),
            [[id], [id]],
          );
        },
      ),
    );
  }

  /** Ways to follow redirects. */
  const followers: Record<string, (dispatcher: Dispatcher) => [Dispatcher, object]> = {};
  if (major < 7) followers.maxRedirections = (dispatcher) => [dispatcher, { maxRedirections: 5 }];
  if (major > 5) {
    followers['the redirect interceptor'] = (dispatcher) => [
      dispatcher.compose(undici.interceptors.redirect({ maxRedirections: 5 })),
      {},
    ];
  }

  const redirected = Object.entries(followers).flatMap(([name, wrap]) => {
    const word = name.replace('the ', '').replace(' ', '-');
    const followWith =
      (dispatcher: Dispatcher) =>
      async (url: string): Promise<Head> => {
        const [follower, more] = wrap(dispatcher);
        return readBody((await request(url, { dispatcher: follower, ...more })).body);
      };
    return [
      ...['pool', 'agent', 'client'].map((opener) =>
        viaDispatcher(
          `${word}-same-${opener}`,
          `send each hop to the same origin by ${name} of a ${opener} with the id`,
          openers[opener] as (servers: UndiciServers) => Dispatcher,
          async (dispatcher, { friend }, id) => {
            const url = `${friend.url}${redirectTo(`/${id}`)}`;
            assertOwn(id, await followWith(dispatcher)(url));
            assert.ok(friend.heads.every(({ ids }) => ids.length === 1));
          },
        ),
      ),
      viaDispatcher(
        `${word}-other`,
        `send nothing to another origin by ${name}`,
        () => new Agent({ connections }),
        async (dispatcher, { friend, stranger }) => {
          await followWith(dispatcher)(`${friend.url}${redirectTo(`${stranger.url}/`)}`);
          assertReceivedNothing(stranger);
        },
      ),
      viaDispatcher(
        `${word}-back`,
        `send the id only to the destination by ${name}, on the way from a stranger`,
        () => new Agent({ connections }),
        async (dispatcher, { friend, stranger }, id) => {
          const onward = `${stranger.url}${redirectTo(`${friend.url}/${id}`)}`;
          const head = await followWith(dispatcher)(`${friend.url}${redirectTo(onward)}`);
          assertOwn(id, head);
          assertReceivedNothing(stranger);
        },
      ),
      instrumented(
        `${word}-pool-other`,
        `send nothing to the server of a pool that redirects elsewhere by ${name}`,
        async ({ friend, stranger }) => {
          const pool = new Pool(stranger.url, { connections: 1 });
          await together(4, () =>
            followWith(pool)(`${stranger.url}${redirectTo(`${friend.url}/`)}`).catch(() => {}),
          );
          await end(pool);
          assertReceivedNothing(stranger);
        },
      ),
    ];
  });

  const proxyOf = (servers: UndiciServers, more: object = {}): Dispatcher =>
    new ProxyAgent({
      uri: servers.proxy.url,
      requestTls: { rejectUnauthorized: false },
      connections,
      ...more,
    } as never);
  /** How plain http goes through a proxy. */
  const proxyOptions: Record<string, object> = { default: {} };
  if (major > 5)
    Object.assign(proxyOptions, { tunnel: { proxyTunnel: true }, forward: { proxyTunnel: false } });

  const proxied = Object.entries(proxyOptions).flatMap(([word, more]) => [
    instrumented(
      `proxy-${word}`,
      `send the id through a proxy to the destination, and nothing to others (${word})`,
      async (servers) => {
        const { friend, secure, stranger, proxy } = servers;
        const dispatcher = proxyOf(servers, more);
        await together(some, async (id) => {
          for (const { url } of [friend, secure]) {
            assertOwn(id, await readBody((await request(`${url}/`, { dispatcher })).body));
          }
          await readBody((await request(`${stranger.url}/`, { dispatcher })).body);
        });
        await end(dispatcher);
        assertReceivedNothing(stranger);
        const tunnels = proxy.heads.filter(({ method }) => method === 'CONNECT');
        assert.ok(tunnels.length > 0);
        assertReceivedNothing({ url: proxy.url, heads: tunnels });
        const forwarded = proxy.heads.filter(({ url }) => url.startsWith(stranger.url));
        assertReceivedNothing({ url: proxy.url, heads: forwarded }, false);
      },
    ),
    instrumented(
      `proxy-to-${word}`,
      `send nothing through a proxy that is a destination to one that is none (${word})`,
      async (servers) => {
        const { stranger, proxy } = servers;
        const undo = turnOn({ to: [proxy.url], undici: [undici] });
        const dispatcher = proxyOf(servers, more);
        await together(4, async () => {
          await readBody((await request(`${stranger.url}/`, { dispatcher })).body);
        });
        await end(dispatcher);
        undo();
        assertReceivedNothing(stranger);
        assertReceivedNothing(proxy);
      },
    ),
  ]);

  const http2 = viaDispatcher(
    'http2',
    'send concurrent calls over HTTP/2, each with its own id',
    () => new Agent({ ...insecure, allowH2: true, connections } as never),
    async (dispatcher, { secure2 }, id) => {
      for (const _ of [1, 2]) {
        const url = `${secure2.url}/${id}`;
        assertOwn(id, await readBody((await request(url, { dispatcher })).body));
      }
    },
  );

  /** Calls whose target is not certain, or is the stranger. Each resolves or rejects as it does without us. */
  const uncertain: Readonly<Record<string, (servers: UndiciServers) => Promise<unknown>>> = {
    'a Host of another': ({ stranger, friend }) =>
      request(stranger.url, { headers: { host: new URL(friend.url).host } }),
    'another Host': ({ friend, stranger }) =>
      request(friend.url, { headers: { host: new URL(stranger.url).host } }),
    'an origin that is not that of the pool': async ({ stranger, friend }) => {
      const pool = new Pool(stranger.url);
      const options = { origin: friend.url, path: '/', method: 'GET' } as const;
      await (await pool.request(options)).body.dump();
      await end(pool);
    },
    'the absolute URL of another': async ({ stranger, friend }) => {
      const client = new Client(stranger.url);
      const { body } = await client.request({ path: `${friend.url}/`, method: 'GET' });
      await body.dump();
      await end(client);
    },
  };

  const uncertainties = Object.entries(uncertain).map(([name, send]) =>
    instrumented(
      `uncertain-${name.toLowerCase().replaceAll(' ', '-')}`,
      `send nothing with ${name}`,
      async (servers) => {
        await together(2, () => send(servers));
        const { friend, stranger } = servers;
        assert.ok(friend.heads.length + stranger.heads.length > 0);
        for (const { ids, baggage } of [...friend.heads, ...stranger.heads]) {
          assert.deepEqual([ids, baggage], [[], '']);
        }
      },
    ),
  );

  const connectCase = instrumented(
    'connect',
    'send nothing with CONNECT, and report nothing',
    async ({ friend, proxy }) => {
      const skips: string[] = [];
      const undo = turnOn({
        to: [proxy.url],
        undici: [undici],
        onSkip: (why) => skips.push(why),
      });
      const client = new Client(proxy.url);
      await together(4, async (id) => {
        const { socket } = await client.connect({ path: new URL(friend.url).host });
        assert.equal(getRequestId(), id);
        socket.destroy();
        // The proxy has nowhere to connect to.
        await client.connect({ path: '/' }).then(
          (connected) => connected.socket.destroy(),
          () => {},
        );
      });
      await end(client);
      undo();
      assertReceivedNothing(proxy);
      assert.deepEqual(skips, []);
    },
  );

  const upgradeCase = instrumented('upgrade', 'send the id with an upgrade', async ({ friend }) => {
    const client = new Client(friend.url);
    await together(4, async (id) => {
      const { socket } = await client.upgrade({ path: `/${id}`, protocol: 'echo' });
      assert.equal(getRequestId(), id);
      socket.destroy();
      const head = friend.heads.find(({ url }) => url === `/${id}`);
      assert.deepEqual(head?.ids, [id]);
    });
    await end(client);
  });

  const socketPathCase = instrumented(
    'socket-path',
    'send nothing to a socket path, under whatever name',
    async ({ friend }) => {
      const heads: string[] = [];
      const server = createServer((req, res) => {
        heads.push(req.rawHeaders.join('\n').toLowerCase());
        res.end('{}');
      });
      const path = join(tmpdir(), `undici-${process.pid}-${major}-${Date.now()}.sock`);
      await new Promise<void>((resolve) => server.listen(path, () => resolve()));
      const dispatchers: Dispatcher[] = [
        new Client(friend.url, { socketPath: path }),
        new Pool(friend.url, { socketPath: path, connections }),
        new Agent({ connect: { socketPath: path }, connections } as never),
      ];
      for (const dispatcher of dispatchers) {
        await together(8, async () => (await request(friend.url, { dispatcher })).body.dump());
        await end(dispatcher);
      }
      server.close();
      assert.equal(heads.length, 24);
      for (const head of heads) assert.doesNotMatch(head, /request-|baggage/);
    },
  );

  /** Headers of the caller, in every shape that this copy of undici takes. */
  const shapes: Record<string, unknown> = {
    none: undefined,
    null: null,
    object: { 'X-Own': 'own' },
    'flat array': ['X-Own', 'own'],
    frozen: Object.freeze({ 'X-Own': 'own' }),
    lists: { 'X-Own': ['own', 'more'] },
  };
  if (major > 5) {
    Object.assign(shapes, {
      Headers: new Headers({ 'X-Own': 'own' }),
      Map: new Map([['X-Own', 'own']]),
      iterable: new Map([['X-Own', 'own']]).entries(),
    });
  }

  const shaped = instrumented('shapes', 'take headers in every shape', async ({ friend }) => {
    await together(1, async (id) => {
      for (const [shape, headers] of Object.entries(shapes)) {
        const options = { headers } as object;
        const head = await readBody((await request(`${friend.url}/`, options)).body);
        assertOwn(id, head);
        const isNone = headers === undefined || headers === null;
        assert.equal(head.all.includes('x-own'), !isNone, shape);
      }
      for (const headers of [5, 'text', ['odd'], [['X-Own', 'own']], { bad: {} }]) {
        const options = { headers } as object;
        await assert.rejects(request(friend.url, options));
      }
    });
  });

  const explicit = ['keep', 'replace'] as const;
  const explicits = explicit.map((existing) =>
    instrumented(
      `explicit-${existing}`,
      `${existing} what the caller sets`,
      async ({ friend }) => {
        await together(1, async (id) => {
          for (const headers of [
            { 'x-request-id': 'mine', baggage: 'own=1' },
            ['X-REQUEST-ID', 'mine', 'Baggage', 'own=1'],
          ]) {
            const { body } = await request(friend.url, { headers } as object);
            const { ids, baggage } = await readBody(body);
            assert.deepEqual(ids, [existing === 'keep' ? 'mine' : id]);
            assert.equal(baggage, 'own=1,tenant=tenant%200');
          }
        });
      },
      { existing },
    ),
  );

  const lifecycle: ClientScenario[] = [
    instrumented('outside', 'send nothing outside of any context', async ({ friend }) => {
      const pool = new Pool(friend.url, { connections: 1 });
      const outside = context.snapshot();
      await together(some, async (id) => {
        const own = pool.request({ path: `/${id}`, method: 'GET' });
        const free = outside(() => pool.request({ path: '/outside', method: 'GET' }));
        assertOwn(id, await readBody((await own).body));
        const { body } = await free;
        assert.deepEqual((JSON.parse(await body.text()) as Head).ids, []);
      });
      await end(pool);
    }),
    {
      id: 'undici-queued-before',
      title: "never send another's id with what was queued before",
      run: () =>
        withServers(async (servers) => {
          const { friend } = servers;
          const pool = new Pool(friend.url, { connections: 1 });
          const balanced = new BalancedPool(friend.url, { connections: 1 });
          const send = async (dispatcher: Dispatcher, id: string): Promise<void> => {
            const { body } = await dispatcher.request({
              origin: friend.url,
              path: `/${id}`,
              method: 'GET',
            });
            const { ids } = JSON.parse(await body.text()) as Head;
            if (ids.length > 0) assert.deepEqual(ids, [id]);
          };
          const both = (id: string) => Promise.all([send(pool, id), send(balanced, id)]);
          // Opens the connections, so that their sockets emit in this scope.
          await context.run({ requestId: 'id-first', tenant: 'first' }, () => both('first'));
          const before = together(some, both);
          turnOn({ to: allowed(servers), undici: [undici] });
          await Promise.all([before, together(some, both)]);
          await Promise.all([end(pool), end(balanced)]);
          assert.ok(friend.heads.some(({ ids }) => ids.length === 1));
        }),
    },
    {
      id: 'undici-undo',
      title: 'put back everything, in any order of two calls at once',
      run: () =>
        withServers(async (servers) => {
          const { friend, stranger } = servers;
          const base = Object.getPrototypeOf(Agent.prototype);
          const read = () => [
            Object.getOwnPropertyDescriptor(base, 'dispatch'),
            Object.getOwnPropertyDescriptor(globalThis, 'fetch'),
          ];
          const before = read();
          const dispatcher = new Agent();
          const seen = async (): Promise<string[]> => {
            const got: string[] = [];
            await together(1, async () => {
              for (const { url } of [friend, stranger]) {
                const { body } = await request(`${url}/`, { dispatcher });
                got.push((await readBody(body)).ids.join());
              }
            });
            return got;
          };
          for (const order of [
            [0, 1],
            [1, 0],
          ] as const) {
            const undos = [friend, stranger].map(({ url }) =>
              turnOn({ to: [url], undici: [undici] }),
            );
            assert.deepEqual(await seen(), ['id-0', 'id-0']);
            undos[order[0]]?.();
            undos[order[0]]?.();
            assert.deepEqual(await seen(), order[0] === 0 ? ['', 'id-0'] : ['id-0', '']);
            undos[order[1]]?.();
            assert.deepEqual(await seen(), ['', '']);
            assert.deepEqual(read(), before);
          }
          await end(dispatcher);
        }),
    },
    {
      id: 'undici-wrapped',
      title: "leave another's wrapper in place, and pass calls through",
      run: () =>
        withServers(async (servers) => {
          const { friend } = servers;
          const base = Object.getPrototypeOf(Agent.prototype) as {
            dispatch: (...args: unknown[]) => unknown;
          };
          const former = base.dispatch;
          atEnd(() => {
            base.dispatch = former;
          });
          let passed: unknown[][] = [];
          base.dispatch = function (this: unknown, ...args: unknown[]): unknown {
            passed.push(args);
            return former.apply(this, args);
          };
          const spy = base.dispatch;
          const undo = turnOn({ to: allowed(servers), undici: [undici] });
          const ours = base.dispatch;
          let given: unknown[][] = [];
          const wrapper = function (this: unknown, ...args: unknown[]): unknown {
            given.push(args);
            return ours.apply(this, args);
          };
          base.dispatch = wrapper;
          const dispatcher = new Agent();
          const send = async () => readBody((await request(`${friend.url}/`, { dispatcher })).body);
          await together(1, async (id) => assert.deepEqual((await send()).ids, [id]));
          undo();
          assert.equal(base.dispatch, wrapper);
          passed = [];
          given = [];
          await together(1, async () => assert.deepEqual((await send()).ids, []));
          assert.ok(passed[0]?.[0] === given[0]?.[0] && passed[0]?.[1] === given[0]?.[1]);
          assert.notEqual(base.dispatch, spy);
          base.dispatch = former;
          await end(dispatcher);
        }),
    },
    instrumented('hostile', 'let undici reject what it rejects', async ({ friend }) => {
      const bad = (): never => {
        throw new Error('on purpose');
      };
      const calls: unknown[] = [
        undefined,
        null,
        5,
        {},
        { path: '/', method: 'GET', origin: { toString: bad } },
        {
          path: '/',
          method: 'GET',
          headers: {
            get bad() {
              return bad();
            },
          },
        },
        {
          path: '/',
          method: 'GET',
          get headers() {
            return bad();
          },
        },
        { path: '/', method: 'GET', headers: { [Symbol.iterator]: bad } },
        { path: 'no path', method: 'GET' },
        { path: '/', method: 'no method' },
        new Proxy({}, { get: bad, has: bad, ownKeys: bad }),
      ];
      const outcomes = async (): Promise<string[]> => {
        const client = new Client(friend.url);
        const all: string[] = [];
        for (const call of calls) {
          try {
            const { body } = await client.request(call as never);
            await body.dump();
            all.push('done');
          } catch (error) {
            all.push((error as Error).message);
          }
        }
        await end(client);
        return all;
      };
      await together(1, async () => {
        const ours = await outcomes();
        for (const undo of undos.splice(0)) undo();
        assert.deepEqual(ours, await outcomes());
      });
    }),
    instrumented('sockets', 'let sockets emit outside of any request', async ({ friend }) => {
      const seen: unknown[] = [];
      const onConnected = (message: unknown): void => {
        const { socket } = message as { socket: NodeJS.EventEmitter };
        for (const event of ['readable', 'close']) {
          socket.on(event, () => seen.push(getRequestId()));
        }
      };
      subscribe('undici:client:connected', onConnected);
      const pool = new Pool(friend.url, { connections: 1 });
      await together(4, async () => {
        await (await pool.request({ path: '/', method: 'GET' })).body.dump();
      });
      await end(pool);
      unsubscribe('undici:client:connected', onConnected);
      assert.ok(seen.length > 0);
      assert.deepEqual([...new Set(seen)], [undefined]);
    }),
    instrumented('upload', 'keep the id in a generator that is sent', async ({ friend }) => {
      const pool = new Pool(friend.url, { connections });
      await together(some, async (id) => {
        async function* parts(): AsyncGenerator<Buffer> {
          for (const part of ['a ', 'body']) {
            assert.equal(getRequestId(), id);
            yield Buffer.from(part);
          }
        }
        const options = { path: '/', method: 'POST', body: parts() } as const;
        const head = await readBody((await pool.request(options as never)).body);
        assertOwn(id, head);
        assert.equal(head.body, 'a body');
      });
      await end(pool);
    }),
    instrumented('tracer', 'work beside a tracer that adds headers', async ({ friend }) => {
      const trace = (message: unknown): void => {
        const { request } = message as {
          request: { addHeader(name: string, value: string): void };
        };
        request.addHeader('traceparent', '00-1-2-01');
      };
      subscribe('undici:request:create', trace);
      try {
        const pool = new Pool(friend.url, { connections });
        await together(some, async (id) => {
          const head = await readBody((await pool.request({ path: '/', method: 'GET' })).body);
          assertOwn(id, head);
          assert.match(head.all, /traceparent\n00-1-2-01/);
        });
        await end(pool);
      } finally {
        unsubscribe('undici:request:create', trace);
      }
    }),
  ];

  if (major > 5) {
    lifecycle.push({
      id: 'undici-composed-before',
      title: "send no other's id through a dispatcher that was composed before",
      run: () =>
        withServers(async (servers) => {
          const { friend } = servers;
          const pass = (dispatch: Dispatcher['dispatch']) => (options: never, handler: never) =>
            dispatch(options, handler);
          const agent = new Agent({ connections }).compose(pass as never);
          const pool = new Pool(friend.url, { connections }).compose(pass as never);
          const url = `${friend.url}/`;
          await context.run({ requestId: 'id-first', tenant: 'first' }, () =>
            Promise.all(
              [1, 2].map(async () => (await request(url, { dispatcher: pool })).body.dump()),
            ),
          );
          const options = { to: allowed(servers), keys: ['tenant' as const], undici: [undici] };
          turnOn(options);
          await together(some, async (id) =>
            assertOwn(id, await readBody((await request(url, { dispatcher: agent })).body)),
          );
          await together(some, async (id) => {
            const { ids } = await readBody((await request(url, { dispatcher: pool })).body);
            if (ids.length > 0) assert.deepEqual(ids, [id]);
          });
          await Promise.all([end(agent), end(pool)]);
        }),
    });
  }

  return [
    ...concurrent,
    ...strangers,
    ...retried,
    ...redirected,
    ...proxied,
    http2,
    ...uncertainties,
    connectCase,
    upgradeCase,
    socketPathCase,
    shaped,
    ...explicits,
    ...lifecycle,
    ...interceptorScenarios(undici, major),
  ];
}

/** Returns the scenarios of the interceptor, composed in every order with those that retry and follow redirects. */
function interceptorScenarios(undici: Undici, major: number): ClientScenario[] {
  const { Agent, Pool, request } = undici;
  if (major === 5) {
    return [
      {
        id: 'interceptor-option',
        title: 'send each call with its own id, as an interceptor of the constructor',
        run: () =>
          withServers(async (servers) => {
            const interceptor = undiciInterceptor({ to: allowed(servers), keys: ['tenant'] });
            const options = { connections, interceptors: { Pool: [interceptor] } };
            const pool = new Pool(servers.friend.url, options as never);
            await together(many, async (id) => {
              const { body } = await pool.request({ path: '/', method: 'GET' });
              assertOwn(id, await readBody(body));
            });
            await end(pool);
          }),
      },
      {
        id: 'interceptor-option-http2',
        title: 'send each call over HTTP/2 with its own id, and no mark',
        run: () =>
          withServers(async (servers) => {
            const { friend, secure2 } = servers;
            for (const to of [[secure2.url], [friend.url]]) {
              const interceptor = undiciInterceptor({ to, keys: ['tenant'] });
              const options = {
                allowH2: true,
                connect: { rejectUnauthorized: false },
                connections,
                interceptors: { Pool: [interceptor] },
              };
              const pool = new Pool(secure2.url, options as never);
              await together(some, async (id) => {
                const { body } = await pool.request({ path: '/', method: 'GET' });
                const head = await readBody(body);
                if (to.includes(secure2.url)) assertOwn(id, head);
                else assert.doesNotMatch(head.all, /x-request|baggage/);
              });
              // A pool knows HTTP/2 once a connection is there.
              assert.ok(secure2.heads.length > 0);
              await end(pool);
            }
          }),
      },
    ];
  }
  const { interceptors } = undici;
  const redirect = interceptors.redirect({ maxRedirections: 5 });
  const retry = interceptors.retry({ minTimeout: 1, timeoutFactor: 1, maxRetries: 3 });
  type Interceptor = typeof redirect;
  const orders: Readonly<Record<string, (own: Interceptor) => Interceptor[]>> = {
    alone: (own) => [own],
    'below-retry': (own) => [own, retry],
    'above-retry': (own) => [retry, own],
    'below-redirect': (own) => [own, redirect],
    'above-redirect': (own) => [redirect, own],
    between: (own) => [redirect, own, retry],
    'above-both': (own) => [redirect, retry, own],
    'below-both': (own) => [own, retry, redirect],
    twice: (own) => [own, redirect, own],
  };
  return Object.entries(orders).flatMap(([order, compose]) => {
    const composed = (dispatcher: Dispatcher, servers: UndiciServers): Dispatcher => {
      const own = undiciInterceptor({ to: allowed(servers), keys: ['tenant'] });
      return dispatcher.compose(...compose(own));
    };
    const scenario = (
      word: string,
      title: string,
      task: (servers: UndiciServers) => Promise<void>,
    ): ClientScenario => ({
      id: `interceptor-${order}-${word}`,
      title: `${title}, with the interceptor ${order}`,
      run: () =>
        withServers(async (servers) => {
          await task(servers);
          assertReceivedNothing(servers.stranger, false);
          assert.ok(servers.friend.heads.every(({ all }) => !all.includes('x-request-context')));
        }),
    });
    const scenarios = [
      scenario(
        'concurrent',
        `send ${many} concurrent calls, each with its own id`,
        async (servers) => {
          const pool = composed(new Pool(servers.friend.url, { connections }), servers);
          await together(many, async (id) => {
            const { body } = await pool.request({ path: '/', method: 'GET' });
            assertOwn(id, await readBody(body));
          });
          await end(pool);
        },
      ),
      scenario('stranger', 'send nothing to a stranger', async (servers) => {
        const dispatcher = composed(new Agent({ connections }), servers);
        await together(some, async () => {
          await (await request(servers.stranger.url, { dispatcher })).body.dump();
        });
        await end(dispatcher);
        assertReceivedNothing(servers.stranger);
      }),
      scenario('outside', 'send nothing outside of any context', async (servers) => {
        const { friend } = servers;
        const pool = composed(new Pool(friend.url, { connections: 1 }), servers);
        const outside = context.snapshot();
        await together(some, async (id) => {
          const free = outside(() => pool.request({ path: `/flaky?o${id}`, method: 'GET' }));
          await (await pool.request({ path: '/', method: 'GET' })).body.dump();
          await (await free.catch(() => undefined))?.body.dump();
        });
        await end(pool);
        const heads = friend.heads.filter(({ url }) => url.startsWith('/flaky?o'));
        assert.ok(heads.every(({ ids }) => ids.length === 0));
      }),
    ];
    if (/retry|both|between/.test(order)) {
      scenarios.push(
        scenario('retried', 'send each retry with the id of who asked', async (servers) => {
          const { friend } = servers;
          const pool = composed(new Pool(friend.url, { connections }), servers);
          await together(some, async (id) => {
            const path = `/flaky?${id}`;
            assertOwn(id, await readBody((await pool.request({ path, method: 'GET' })).body));
            const heads = friend.heads.filter(({ url }) => url === path);
            assert.deepEqual(
              heads.map(({ ids }) => ids),
              [[id], [id]],
            );
          });
          await end(pool);
        }),
      );
    }
    if (/redirect|both|between|twice/.test(order)) {
      scenarios.push(
        scenario('redirected', 'decide for each hop of a redirect', async (servers) => {
          const { friend, stranger } = servers;
          const dispatcher = composed(new Agent({ connections }), servers);
          await together(some, async (id) => {
            const same = `${friend.url}${redirectTo(`/${id}`)}`;
            assertOwn(id, await readBody((await request(same, { dispatcher })).body));
            const other = `${friend.url}${redirectTo(`${stranger.url}/`)}`;
            await (await request(other, { dispatcher })).body.dump();
          });
          await end(dispatcher);
          assertReceivedNothing(stranger);
          assert.ok(friend.heads.every(({ ids }) => ids.length === 1));
        }),
        scenario(
          'pool',
          'send nothing to the server of a pool that redirects elsewhere',
          async (servers) => {
            const { friend, stranger } = servers;
            const dispatcher = composed(new Pool(stranger.url, { connections: 1 }), servers);
            await together(4, async () => {
              const url = `${stranger.url}${redirectTo(`${friend.url}/`)}`;
              await request(url, { dispatcher }).then(
                ({ body }) => body.dump(),
                () => {},
              );
            });
            await end(dispatcher);
            assertReceivedNothing(stranger);
          },
        ),
      );
    }
    return scenarios;
  });
}
