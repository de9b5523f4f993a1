import assert from 'node:assert/strict';
import { context, getRequestId } from '@request-context/core';
import { propagatingFetch } from '@request-context/propagation/fetch';
import ky from 'ky';
import {
  allowed,
  assertOwn,
  atEnd,
  type ClientScenario,
  redirectTo,
  together,
  turnOn,
  type Undici,
  undiciCopies,
  withServers,
} from './outbound-undici.ts';
import { assertReceivedNothing, type Head, type UndiciServers } from './outbound-undici-servers.ts';

type Fetch = typeof fetch;

/** Options of ours, beside `to` and `keys`. */
interface More {
  readonly existing?: 'keep' | 'replace';
}

/** What was fetched, without what differs from run to run. */
interface Outcome {
  readonly status: number;
  readonly redirected: boolean;
  readonly url: string;
  readonly isOk: boolean;
  readonly received: unknown;
}

/** Ways to have a `fetch` that sends the id. Each returns it, and a function that undoes it. */
const ways: Readonly<Record<string, (servers: UndiciServers, more?: More) => [Fetch, () => void]>> =
  {
    fetch(servers, more) {
      const undo = turnOn({ to: allowed(servers), keys: ['tenant'], ...more });
      return [(input, init) => fetch(input, init), undo];
    },
    propagatingFetch: (servers, more) => [
      propagatingFetch({ to: allowed(servers), keys: ['tenant'], ...more }),
      () => {},
    ],
    'propagatingFetch-by-hand': (servers, more) => [
      propagatingFetch({ to: allowed(servers), keys: ['tenant'], fetch, ...more }),
      () => {},
    ],
  };

/** The names of the ways. */
export const fetchNames: readonly string[] = Object.keys(ways);

const isNode = !('Bun' in globalThis) && !('Deno' in globalThis);
const many = 300;
const some = 40;
const statuses = [301, 302, 303, 307, 308] as const;

/** Bodies of calls, each made anew. */
const bodies: Readonly<Record<string, () => RequestInit>> = {
  none: () => ({}),
  text: () => ({ method: 'POST', body: 'a body', headers: { 'Content-Type': 'text/x-own' } }),
  bytes: () => ({ method: 'PUT', body: new TextEncoder().encode('a body') }),
  form: () => ({ method: 'POST', body: new URLSearchParams({ a: '1' }) }),
  head: () => ({ method: 'HEAD' }),
  delete: () => ({ method: 'DELETE' }),
};

async function outcomeOf(call: Promise<Response>): Promise<Outcome | 'TypeError' | 'AbortError'> {
  try {
    const response = await call;
    const { status, redirected, url, ok } = response;
    const read = await response.clone().text();
    assert.equal(response.clone().redirected, redirected);
    assert.equal(await response.text(), read);
    const head = read.startsWith('{') ? (JSON.parse(read) as Head) : undefined;
    const type = /content-type\n(.*)/.exec(head?.all ?? '')?.[1];
    const secrets = /authorization|cookie/.exec(head?.all ?? '')?.[0];
    return {
      status,
      redirected,
      url,
      isOk: ok,
      received: { method: head?.method, url: head?.url, body: head?.body, type, secrets },
    };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return 'AbortError';
    if (error instanceof assert.AssertionError) throw error;
    // Bun rejects with errors of other classes.
    assert.ok(error instanceof Error);
    return 'TypeError';
  }
}

/** Returns the scenarios of one way. */
export function fetchScenarios(name: string): ClientScenario[] {
  const open = ways[name];
  if (open === undefined) throw new Error(`There is no way ${name}.`);

  function scenario(
    id: string,
    title: string,
    task: (send: Fetch, servers: UndiciServers) => Promise<void>,
    more?: More,
  ): ClientScenario {
    return {
      id: `fetch-${id}`,
      title,
      run: () =>
        withServers(async (servers) => {
          const [send, undo] = (open as NonNullable<typeof open>)(servers, more);
          try {
            await task(send, servers);
          } finally {
            undo();
          }
          assertReceivedNothing(servers.stranger, false);
          const { heads } = servers.friend;
          assert.ok(heads.every(({ all }) => !all.includes('x-request-context')));
        }),
    };
  }

  const readHead = async (response: Promise<Response>): Promise<Head> =>
    (await (await response).json()) as Head;

  const scenarios = [
    scenario(
      'concurrent',
      `send ${many} concurrent calls, each with its own id`,
      async (send, { friend }) => {
        await together(many, async (id) =>
          assertOwn(id, await readHead(send(`${friend.url}/${id}`))),
        );
      },
    ),
    scenario('stranger', 'send nothing to a stranger', async (send, { stranger }) => {
      await together(some, async () => (await send(stranger.url)).text());
      assertReceivedNothing(stranger);
    }),
    scenario('outside', 'send nothing outside of any context', async (send, { friend }) => {
      assert.deepEqual((await readHead(send(friend.url))).ids, []);
    }),
    scenario('body', 'keep the id while the body is read', async (send, { friend }) => {
      await together(some, async (id) => {
        const { body } = await send(friend.url);
        const reader = (body as ReadableStream<Uint8Array>).getReader();
        for (let part = await reader.read(); !part.done; part = await reader.read()) {
          assert.equal(getRequestId(), id);
        }
      });
    }),
    ...statuses.flatMap((status) => [
      scenario(
        `same-${status}`,
        `send both hops of a ${status} to the same origin with the id`,
        async (send, { friend }) => {
          await together(some, async (id) => {
            assertOwn(id, await readHead(send(`${friend.url}${redirectTo(`/${id}`, status)}`)));
          });
          assert.ok(friend.heads.every(({ ids }) => ids.length === 1));
        },
      ),
      scenario(
        `other-${status}`,
        `send nothing to another origin by a ${status}`,
        async (send, { friend, stranger }) => {
          await together(some, async () => {
            const url = `${friend.url}${redirectTo(`${stranger.url}/`, status)}`;
            await (await send(url)).text();
          });
          assertReceivedNothing(stranger);
          assert.ok(friend.heads.every(({ ids }) => ids.length === 1));
        },
      ),
    ]),
    scenario(
      'back',
      'send the id again on the way back from a stranger',
      async (send, { friend, stranger }) => {
        await together(some, async (id) => {
          const onward = `${stranger.url}${redirectTo(`${friend.url}/${id}`)}`;
          assertOwn(id, await readHead(send(`${friend.url}${redirectTo(onward)}`)));
        });
        assertReceivedNothing(stranger);
      },
    ),
    scenario(
      'from-stranger',
      'send nothing to a stranger that redirects',
      async (send, { friend, stranger }) => {
        await together(4, async (id) => {
          const { ids } = await readHead(send(`${stranger.url}${redirectTo(`${friend.url}/`)}`));
          if (ids.length > 0) assert.deepEqual(ids, [id]);
        });
        assertReceivedNothing(stranger);
      },
    ),
    scenario('inputs', 'take what fetch takes', async (send, { friend }) => {
      const url = `${friend.url}/`;
      const own = { 'X-Own': 'own' };
      const inputs: Parameters<Fetch>[] = [
        [url],
        [new URL(url)],
        [new Request(url)],
        [url, {}],
        [url, undefined as unknown as RequestInit],
        [url, { headers: own }],
        [url, { headers: [['X-Own', 'own']] }],
        [url, { headers: new Headers(own) }],
        [url, Object.freeze({ headers: Object.freeze(own) })],
        [new Request(url, { headers: own })],
        [new Request(url, { headers: { 'X-Own': 'not' } }), { headers: own }],
        [new Request(url, { method: 'POST', body: 'a body', headers: own })],
      ];
      await together(1, async (id) => {
        for (const [at, [input, init]] of inputs.entries()) {
          const head = await readHead(send(input, init));
          assertOwn(id, head);
          assert.equal(/x-own\nown$/m.test(head.all), at > 4, String(at));
          assert.equal(head.body, at === 11 ? 'a body' : '');
        }
      });
    }),
    ...(['keep', 'replace'] as const).map((existing) =>
      scenario(
        `explicit-${existing}`,
        `${existing} what the caller sets`,
        async (send, { friend }) => {
          const headers = { 'x-request-id': 'mine', baggage: 'own=1' };
          await together(1, async (id) => {
            for (const input of [friend.url, new Request(friend.url)]) {
              const { ids, baggage } = await readHead(send(input, { headers }));
              assert.deepEqual(ids, [existing === 'keep' ? 'mine' : id]);
              assert.equal(baggage, 'own=1,tenant=tenant%200');
            }
          });
        },
        { existing },
      ),
    ),
    scenario(
      'semantics',
      'do what fetch does without us',
      async (send, { friend, stranger, secure }) => {
        const away = { headers: { Authorization: 'secret', Cookie: 'secret=1' } };
        const calls: [() => Parameters<Fetch>, string][] = [];
        for (const status of [...statuses, 300, 304]) {
          for (const [word, init] of Object.entries(bodies)) {
            const url = `${friend.url}${redirectTo(`${friend.url}/here`, status)}`;
            calls.push([() => [url, init()], `${status} ${word}`]);
            calls.push([() => [new Request(url, init())], `${status} ${word} by Request`]);
          }
          const other = `${friend.url}${redirectTo(`${stranger.url}/there`, status)}`;
          calls.push([() => [other, away], `${status} away`]);
          const same = `${friend.url}${redirectTo(`/there`, status)}`;
          calls.push([() => [same, away], `${status} stay`]);
        }
        const to = (location: string) => `${friend.url}${redirectTo(location)}`;
        for (const location of [
          'http://[',
          'ftp://localhost/',
          'data:text/plain,x',
          '?x',
          '/a?b#c',
        ]) {
          calls.push([() => [to(location)], location]);
        }
        calls.push([() => [`${to('/x')}#own`], 'fragment']);
        calls.push([() => [to('/x'), { redirect: 'error' }], 'error']);
        calls.push([() => [to('/x'), { redirect: 'manual' }], 'manual']);
        calls.push([() => [new Request(to('/x'), { redirect: 'manual' })], 'manual Request']);
        calls.push([() => [to('/x'), { signal: AbortSignal.abort() }], 'aborted']);
        calls.push([() => ['no url'], 'no url']);
        calls.push([() => [friend.url, { headers: { 'bad name': 'x' } }], 'bad header']);
        calls.push([() => [friend.url, { method: 'bad method' }], 'bad method']);
        calls.push([() => ['data:text/plain,hello'], 'data']);
        calls.push([() => [`${friend.url}/loop`], 'loop']);
        calls.push([() => [secure.url.replace('https', 'http')], 'no response']);
        await together(1, async () => {
          for (const [args, word] of calls) {
            const ours = await outcomeOf(send(...args()));
            const plain = await outcomeOf(context.snapshot()(() => native(...args())));
            // Node 20 cannot send bytes again.
            if (plain === 'TypeError' && /^3\d\d bytes/.test(word)) continue;
            assert.deepEqual(ours, plain, word);
          }
        });
      },
    ),
    scenario(
      'stream',
      'send a stream once, and fail where it would be sent again',
      async (send, { friend }) => {
        const stream = (path: string): Promise<Response> => {
          const body = new Blob(['a body']).stream();
          return send(`${friend.url}${path}`, { method: 'POST', body, duplex: 'half' } as object);
        };
        await together(4, async (id) => {
          const head = await readHead(stream('/'));
          assertOwn(id, head);
          assert.equal(head.body, 'a body');
          await assert.rejects(stream(redirectTo('/', 307)), TypeError);
          assert.equal((await readHead(stream(redirectTo('/', 303)))).method, 'GET');
        });
      },
    ),
    scenario('many-hops', 'fail after 20 redirects', async (send, { friend }) => {
      await together(1, async (id) => {
        assertOwn(id, await readHead(send(`${friend.url}${chain(friend.url, 5)}`)));
        await assert.rejects(send(`${friend.url}${chain(friend.url, 'endless')}`), Error);
      });
    }),
    scenario(
      'ky',
      'send calls of ky with the id, and nothing to a stranger',
      async (send, { friend, stranger }) => {
        const client = ky.create({ fetch: send, retry: { limit: 2, delay: () => 1 } });
        await together(some, async (id) => {
          assertOwn(id, await client.get(`${friend.url}/flaky?${id}`).json());
          assertOwn(id, await client.post(`${friend.url}/`, { json: { a: 1 } }).json());
          const url = `${friend.url}${redirectTo(`${stranger.url}/`, 307)}`;
          await client.post(url, { json: { a: 1 } }).text();
        });
        assert.ok(friend.heads.every(({ ids }) => ids.length === 1));
        assertReceivedNothing(stranger);
        assert.ok(stranger.heads.every(({ body }) => body === '{"a":1}'));
      },
    ),
    scenario('host', 'send nothing with a Host of another', async (send, { friend, stranger }) => {
      const headers = { Host: new URL(friend.url).host };
      await together(2, async () => (await send(stranger.url, { headers })).text());
      assertReceivedNothing(stranger);
      const other = { Host: new URL(stranger.url).host };
      await together(2, async () => (await send(friend.url, { headers: other })).text());
      // Deno sends the Host of the URL.
      for (const { all, ids } of friend.heads) {
        if (all.includes(other.Host)) assert.deepEqual(ids, []);
      }
    }),
  ];
  if (name === 'fetch') scenarios.push(...globalScenarios());
  if (isNode) scenarios.push(dispatcherScenario(scenario));
  return scenarios;
}

/** The `fetch` of the runtime, before anything is instrumented. */
const native = globalThis.fetch;

/** Returns the path of redirects to the same server, one after the other. */
function chain(url: string, hops: number | 'endless'): string {
  if (hops === 'endless') return '/loop';
  let path = '/';
  for (let at = 0; at < hops; at += 1) path = redirectTo(`${url}${path}`);
  return path;
}

/** Returns a scenario with a pool as the dispatcher, which connects to its server whatever it is asked for. */
function dispatcherScenario(
  scenario: (
    id: string,
    title: string,
    task: (send: Fetch, servers: UndiciServers) => Promise<void>,
  ) => ClientScenario,
): ClientScenario {
  return scenario(
    'dispatcher',
    "respect the caller's dispatcher, and send nothing to a pool's server that redirects elsewhere",
    async (send, { friend, stranger }) => {
      const { Pool, Agent } = (await import('undici6')).default;
      const agent = new Agent({ connections: 2 });
      let dispatches = 0;
      const counting = {
        dispatch(...args: Parameters<typeof agent.dispatch>) {
          dispatches += 1;
          return agent.dispatch(...args);
        },
      };
      // Node 26 has another kind of handlers than undici 6.
      if (Number(process.versions.node.split('.')[0]) >= 26) return;
      const pool = new Pool(stranger.url, { connections: 1 });
      await together(4, async (id) => {
        const init = { dispatcher: counting } as object;
        const { ids } = (await (await send(friend.url, init)).json()) as Head;
        // instrumentOutbound() has not been given this copy.
        if (ids.length > 0) assert.deepEqual(ids, [id]);
        const url = `${stranger.url}${redirectTo(`${friend.url}/`)}`;
        await send(url, { dispatcher: pool } as object).then(
          (response) => response.text(),
          () => {},
        );
      });
      assert.equal(dispatches, 4);
      assertReceivedNothing(stranger);
      await Promise.all([pool.destroy(), agent.destroy()]);
    },
  );
}

/** Returns the scenarios of what `instrumentOutbound` does to the global `fetch` and the global dispatcher. */
function globalScenarios(): ClientScenario[] {
  const scenarios: ClientScenario[] = [
    {
      id: 'fetch-undo',
      title: 'put fetch back, or pass calls through where another wraps it',
      run: () =>
        withServers(async (servers) => {
          const { friend } = servers;
          const seen = async (): Promise<string[]> => {
            let ids: readonly string[] = [];
            await together(1, async () => {
              ids = ((await (await fetch(friend.url)).json()) as Head).ids;
            });
            return [...ids];
          };
          const before = Object.getOwnPropertyDescriptor(globalThis, 'fetch');
          const undo = turnOn({ to: allowed(servers) });
          assert.deepEqual(await seen(), ['id-0']);
          assert.deepEqual([fetch.name, fetch.length], [native.name, native.length]);
          const ours = globalThis.fetch;
          const wrapper: Fetch = (...args) => ours(...args);
          atEnd(() => {
            globalThis.fetch = native;
          });
          globalThis.fetch = wrapper;
          undo();
          assert.equal(globalThis.fetch, wrapper);
          assert.deepEqual(await seen(), []);
          globalThis.fetch = native;
          const first = turnOn({ to: allowed(servers) });
          const second = turnOn({ to: allowed(servers) });
          first();
          assert.deepEqual(await seen(), ['id-0']);
          second();
          assert.deepEqual(await seen(), []);
          assert.deepEqual(Object.getOwnPropertyDescriptor(globalThis, 'fetch'), before);
        }),
    },
  ];
  if (!isNode) return scenarios;
  const [, ...copies] = Object.entries(undiciCopies);
  for (const [copy, load] of copies) {
    scenarios.push({
      id: `fetch-global-${copy}`,
      title: `send the id where ${copy} replaces the global dispatcher later`,
      run: () =>
        withServers(async (servers) => {
          const { friend, stranger } = servers;
          const undo = turnOn({ to: allowed(servers), keys: ['tenant'] });
          const symbols = [1, 2].map((version) => Symbol.for(`undici.globalDispatcher.${version}`));
          const before = symbols.map((key) => Reflect.get(globalThis, key));
          const loaded = await load().catch(() => undefined);
          // Node 20 cannot load undici 8; the fetch of Node 26 cannot use the dispatcher of undici 6.
          const node = Number(process.versions.node.split('.')[0]);
          if (loaded === undefined || (node >= 26 && copy !== 'undici-8')) return undo();
          const { default: undici } = loaded as { default: Undici };
          undici.setGlobalDispatcher(new undici.Agent({ connections: 2 }));
          try {
            await together(some, async (id) => {
              assertOwn(id, (await (await fetch(`${friend.url}/${id}`)).json()) as Head);
              await (await fetch(`${friend.url}${redirectTo(stranger.url)}`)).text();
            });
            assertReceivedNothing(stranger);
          } finally {
            undo();
            for (const [at, key] of symbols.entries()) {
              if (before[at] !== undefined) Reflect.set(globalThis, key, before[at]);
            }
          }
        }),
    });
  }
  return scenarios;
}
