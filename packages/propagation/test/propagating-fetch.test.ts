import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { context } from '@request-context/core';
import { fetch as fetchOfUndici } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../../../tests/kit/http.ts';
import { propagatingFetch } from '../src/fetch.ts';

/** What a server received. */
interface Head {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const native = globalThis.fetch;
let url = '';
let stranger = '';

/** Starts a server that responds with what it received. `/out` redirects to the stranger. */
function start(): Promise<string> {
  return listen(
    createServer(async (req, res) => {
      const body = await text(req);
      if (req.url === '/out') res.writeHead(307, { Location: stranger }).end();
      else res.end(JSON.stringify({ method: req.method, headers: req.headers, body }));
    }),
  );
}

/** Calls inside of a request. Returns what the server received. */
function send(call: typeof fetch, ...args: Parameters<typeof fetch>): Promise<Head> {
  return context.run({ requestId: 'myid' }, async () => (await call(...args)).json()) as never;
}

/** Returns the names of the headers that the library has added. */
function ours({ headers }: Head): string[] {
  return Object.keys(headers).filter((name) => name.startsWith('x-request-'));
}

beforeEach(async () => {
  stranger = await start();
  url = await start();
});
afterEach(() => {
  globalThis.fetch = native;
});

describe.each<[string, () => typeof fetch]>([
  ['the fetch of Node', () => propagatingFetch({ to: [url] })],
  ['a fetch that is given', () => propagatingFetch({ to: [url], fetch: native })],
])('%s', (_name, create) => {
  it('must take a Request as the second argument', async () => {
    for (const to of [url, stranger]) {
      const init = new Request('http://other.test', {
        method: 'POST',
        body: 'a body',
        headers: { 'X-Own': 'own' },
      });
      const head = await send(create(), to, init);
      expect(head).toMatchObject({ method: 'POST', body: 'a body', headers: { 'x-own': 'own' } });
      expect(ours(head)).toEqual(to === url ? ['x-request-id'] : []);
    }
  });

  it('must keep headers that can be read once', async () => {
    for (const to of [url, stranger]) {
      const headers = new Map([['X-Own', 'own']]).entries();
      const head = await send(create(), to, { headers } as never);
      expect(head.headers['x-own']).toBe('own');
      expect(ours(head)).toEqual(to === url ? ['x-request-id'] : []);
    }
  });
});

it('must keep the case of a method in a redirect', async () => {
  const methods: unknown[] = [];
  const call: typeof fetch = (input, init) => {
    methods.push(init?.method);
    // Node's server knows no other methods.
    return native(input, { ...init, method: 'PUT' });
  };
  const init = { method: 'patch', body: 'a body' };
  await send(propagatingFetch({ to: [url], fetch: call }), `${url}/out`, init);
  expect(methods).toEqual(['patch', 'patch']);
});

describe('a mark', () => {
  it('must not be sent by another fetch than that of Node', async () => {
    globalThis.fetch = (input, init) => fetchOfUndici(input as never, init as never) as never;
    const seen: string[] = [];
    const undiciOrNot = globalThis.fetch;
    globalThis.fetch = (input, init) => {
      seen.push(...new Headers(init?.headers).keys());
      return undiciOrNot(input, init);
    };
    const call = propagatingFetch({ to: [url] });
    expect(ours(await send(call, url))).toEqual(['x-request-id']);
    expect(ours(await send(call, stranger))).toEqual([]);
    expect(ours(await send(call, `${url}/out`))).toEqual([]);
    expect(seen).toEqual(['x-request-id', 'x-request-id']);
  });

  it('must not be handed to a dispatcher that is none of undici', async () => {
    const seen: string[] = [];
    const dispatcher = {
      dispatch({ headers }: { headers: Headers }, handler: { onError(error: Error): void }) {
        seen.push(...Object.keys(headers));
        handler.onError(new Error('no connection'));
        return true;
      },
    };
    const call = propagatingFetch({ to: [url] });
    for (const input of [undefined, null, {}]) {
      await expect(context.run({}, () => call(input as never))).rejects.toThrow();
    }
    await expect(send(call, url, { dispatcher } as never)).rejects.toThrow('fetch failed');
    await expect(send(call, stranger, { dispatcher } as never)).rejects.toThrow('fetch failed');
    const names = seen.map((name) => name.toLowerCase());
    expect(names.filter((name) => name.startsWith('x-request-'))).toEqual(['x-request-id']);
  });
});
