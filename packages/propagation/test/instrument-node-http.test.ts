import { once } from 'node:events';
import { Agent, ClientRequest, createServer, get, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { json } from 'node:stream/consumers';
import { context } from '@request-context/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../../../tests/kit/http.ts';
import { type InstrumentOutboundOptions, instrumentOutbound } from '../src/http.ts';

/** The methods that are patched, each as its object and name. */
const methods = [
  [Agent.prototype, 'addRequest'],
  [ClientRequest.prototype, 'getHeader'],
  [ClientRequest.prototype, '_storeHeader'],
] as const;

const descriptors = () =>
  methods.map(([object, name]) => Object.getOwnPropertyDescriptor(object, name));

const untouched = descriptors();

/** Headers by their names, as a server received them. */
type Received = Readonly<Record<string, string>>;

let url = '';
let port = 0;
const undos: (() => void)[] = [];

/** Turns it on until the test is over. */
function instrument(options: Partial<InstrumentOutboundOptions> = {}): () => void {
  const undo = instrumentOutbound({ to: [url], ...options });
  undos.push(undo);
  return undo;
}

function inRequest<T>(task: () => T): T {
  return context.run({ requestId: 'myid' }, task);
}

async function responseTo(outgoing: ClientRequest): Promise<Received> {
  const [incoming] = await once(outgoing, 'response');
  return (await json(incoming as IncomingMessage)) as Received;
}

/** Returns the id that a server received of a call inside of a request. */
async function idOf(make: () => ClientRequest = () => get(url)): Promise<string | undefined> {
  return (await responseTo(inRequest(make)))['x-request-id'];
}

/** Resolves at the end of a request, failed or not. */
function closeOf(outgoing: ClientRequest): Promise<void> {
  outgoing.on('error', () => {});
  return new Promise((resolve) => void outgoing.on('close', resolve));
}

beforeEach(async () => {
  const server = createServer(({ headers }, res) => res.end(JSON.stringify(headers)));
  url = await listen(server);
  port = Number(new URL(url).port);
});

afterEach(() => {
  for (const undo of undos.splice(0)) undo();
  expect(descriptors()).toEqual(untouched);
});

describe('turning it on and off', () => {
  it('patch nothing before it is called', () => {
    expect(Object.hasOwn(ClientRequest.prototype, '_storeHeader')).toBe(false);
    expect(Object.hasOwn(ClientRequest.prototype, 'getHeader')).toBe(false);
  });

  it('restore what it patched, and nothing twice', async () => {
    const undo = instrument();
    expect(descriptors()).not.toEqual(untouched);
    expect(await idOf()).toBe('myid');
    undo();
    expect(descriptors()).toEqual(untouched);
    const other = instrument();
    undo();
    expect(await idOf()).toBe('myid');
    other();
    expect(await idOf()).toBeUndefined();
  });

  it.each([
    ['the first', [0, 1]],
    ['the last', [1, 0]],
  ])('keep two apart, of which %s is undone first', async (_which, order) => {
    const all = [
      instrument({ header: 'X-First' }),
      instrument({ header: 'X-Second', to: ['other.test', url] }),
    ];
    const seen = async () => {
      const headers = await responseTo(inRequest(() => get(url)));
      return ['x-first', 'x-second'].map((name) => headers[name]);
    };
    expect(await seen()).toEqual(['myid', 'myid']);
    all[order[0] as number]?.();
    const rest = [undefined, undefined] as (string | undefined)[];
    rest[order[1] as number] = 'myid';
    expect(await seen()).toEqual(rest);
    all[order[1] as number]?.();
    expect(descriptors()).toEqual(untouched);
  });

  it('not double a header when it is turned on twice', async () => {
    instrument();
    instrument();
    expect(await idOf()).toBe('myid');
    instrument({ existing: 'replace' });
    expect(await idOf()).toBe('myid');
  });

  it('not send the id of a request that is ended after the end', async () => {
    const undo = instrument();
    const outgoing = inRequest(() => request(url));
    undo();
    expect(await responseTo(outgoing.end())).not.toHaveProperty('x-request-id');
  });

  it('leave alone a request that was made before', async () => {
    const outgoing = inRequest(() => request(url));
    instrument();
    expect(await responseTo(outgoing.end())).not.toHaveProperty('x-request-id');
  });
});

describe('other wrappers', () => {
  /** Wraps each method as tracers do. Returns what restores them, and how often each was called. */
  function wrapAll(): { unwrap(): void; calls: Record<string, number> } {
    const before = descriptors();
    const calls: Record<string, number> = {};
    for (const [object, name] of methods) {
      const original = Reflect.get(object, name) as (...args: unknown[]) => unknown;
      Reflect.set(object, name, function (this: unknown, ...args: unknown[]): unknown {
        calls[name] = (calls[name] ?? 0) + 1;
        return Reflect.apply(original, this, args);
      });
    }
    return { unwrap: () => restore(before), calls };
  }

  function restore(before: ReturnType<typeof descriptors>): void {
    for (const [at, [object, name]] of methods.entries()) {
      const descriptor = before[at];
      if (descriptor === undefined) Reflect.deleteProperty(object, name);
      else Object.defineProperty(object, name, descriptor);
    }
  }

  const everyMethod = ['_storeHeader', 'addRequest', 'getHeader'];

  it('be called below us, and stay after the end', async () => {
    const { unwrap, calls } = wrapAll();
    try {
      const undo = instrument();
      expect(await idOf()).toBe('myid');
      expect(Object.keys(calls).sort()).toEqual(everyMethod);
      const wrapped = methods.map(([object, name]) => Reflect.get(object, name));
      undo();
      expect(methods.map(([object, name]) => Reflect.get(object, name))).not.toEqual(wrapped);
      calls.addRequest = 0;
      expect(await idOf()).toBeUndefined();
      expect(calls.addRequest).toBe(1);
    } finally {
      unwrap();
    }
  });

  it('be called above us, and stay after the end', async () => {
    const undo = instrument();
    const { calls } = wrapAll();
    try {
      expect(await idOf()).toBe('myid');
      undo();
      calls.addRequest = 0;
      expect(await idOf()).toBeUndefined();
      expect(calls.addRequest).toBe(1);
      // What is below them has ended for good, and does not come back with the next one.
      const again = instrument({ header: 'X-Again' });
      expect(await responseTo(inRequest(() => get(url)))).toMatchObject({ 'x-again': 'myid' });
      expect(await idOf()).toBeUndefined();
      again();
    } finally {
      restore(untouched);
    }
  });
});

describe('what is reported', () => {
  const reports: (readonly [string, string, string | undefined])[] = [];

  /** Makes a call inside of a request. Returns what was reported. */
  async function reportsOf(
    make: () => ClientRequest,
    options: Partial<InstrumentOutboundOptions> = {},
  ): Promise<typeof reports> {
    reports.length = 0;
    const onSkip: InstrumentOutboundOptions['onSkip'] = (why, { key, target }) =>
      reports.push([why, key, target]);
    const undo = instrument({ onSkip, ...options });
    const outgoing = inRequest(make);
    await closeOf(outgoing);
    undo();
    return reports;
  }

  const read = (outgoing: ClientRequest) => outgoing.on('response', (res) => res.resume()).end();
  const unknown = [['target', 'requestId', undefined]];

  it.each<[string, () => ClientRequest]>([
    ['a connection of the caller', () => request(url, { createConnection: () => connect(port) })],
    ['CONNECT', () => request(url, { method: 'CONNECT', path: 'example.com:443' })],
    ['a socket path', () => request(url, { socketPath: '/nowhere' })],
    ['a Host of another', () => request(url, { headers: { Host: 'other.test' } })],
    ['two Hosts', () => request(url, { headers: ['Host', `127.0.0.1:${port}`, 'Host', 'a'] })],
    ['an invalid Host', () => request(url, { headers: { Host: 'a@b' } })],
    ['an absolute target', () => request(url, { path: 'http://other.test/' })],
    ['an invalid absolute target', () => request(url, { path: 'http://%/' })],
  ])('be an uncertain target once, for %s', async (_what, make) => {
    expect(await reportsOf(() => read(make()))).toEqual(unknown);
  });

  it('be nothing for a destination that is not named', async () => {
    expect(await reportsOf(() => read(request(url)), { to: ['other.test'] })).toEqual([]);
  });

  it('be nothing outside of a request', async () => {
    const why: string[] = [];
    instrument({ onSkip: (reason) => why.push(reason) });
    await closeOf(read(request(url, { method: 'CONNECT' })));
    expect(why).toEqual([]);
  });
});

describe('the destination', () => {
  const targets: string[] = [];
  const to = (target: URL) => {
    targets.push(target.href);
    return true;
  };

  it('have the path, and neither user name nor password', async () => {
    instrument({ to });
    targets.length = 0;
    expect(await idOf(() => get(`${url.replace('//', '//user:secret@')}/a?b=c`))).toBe('myid');
    expect(targets).toEqual([`${url}/a?b=c`]);
  });

  it.each([
    ['example.com@evil.test', 'user info'],
    ['example.com/evil.test', 'a path'],
    ['example.com#evil.test', 'a fragment'],
    ['ex%61mple.com', 'an escape'],
    ['example.com:80', 'a port'],
  ])('not be read from the host %j, which holds %s', async (host) => {
    const seen: unknown[] = [];
    instrument({ to: (target) => seen.push(target) > 0, onSkip: (why) => seen.push(why) });
    const lookup = (_name: string, _options: unknown, found: (...args: unknown[]) => void) =>
      found(new Error('on purpose'));
    const outgoing = inRequest(() => request({ host, port, lookup: lookup as never }).end());
    await closeOf(outgoing);
    expect(seen).toEqual(['target']);
  });

  it('have an IPv6 address in brackets', async () => {
    const seen: string[] = [];
    instrument({ to: (target) => seen.push(target.host) > 0 });
    await closeOf(inRequest(() => request({ host: '::1', port: 1 }).end()));
    expect(seen).toEqual(['[::1]:1']);
  });

  it('be that of a legacy call of addRequest', async () => {
    class LegacyAgent extends Agent {
      addRequest(req: ClientRequest, { host, port: at }: { host: string; port: number }): void {
        const inherited = Reflect.get(Agent.prototype, 'addRequest') as (
          ...args: unknown[]
        ) => void;
        inherited.call(this, req, host, at);
      }
    }
    instrument();
    const agent = new LegacyAgent();
    expect(await idOf(() => get(url, { agent }))).toBe('myid');
    agent.destroy();
  });
});
