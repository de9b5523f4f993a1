import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  Agent,
  ClientRequest,
  get,
  type IncomingMessage,
  type RequestOptions,
  request,
} from 'node:http';
import { Agent as SecureAgent, get as secureGet, request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { HttpScenario } from '@request-context/conformance/engine';
import { context, getRequestId, type Snapshot } from '@request-context/core';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { WebSocket } from 'ws';
import {
  assertCarried,
  assertNothing,
  carrying,
  inManyScopes,
  localhost,
  tenantOf,
} from './carrying.ts';
import type { OutboundServers, Received } from './outbound-servers.ts';

/** Returns what the server received, once the response to a request that has been ended is there. */
async function responseTo(outgoing: ClientRequest): Promise<Received> {
  const [incoming] = await once(outgoing, 'response');
  return JSON.parse(await text(incoming as IncomingMessage));
}

/** Runs a function outside of any scope. */
const outside: Snapshot = context.snapshot();

type Way = (url: string, options: RequestOptions) => ClientRequest;

/** Returns the host of a URL, as a header. */
const hostOf = (url: string): string => new URL(url).host;

/** Every way to make a request, by the words that follow "send the id". */
const ways: Readonly<Record<string, Way>> = {
  'by http.request': (url, options) => request(url, options).end(),
  'by http.get': (url, options) => get(url, options),
  'by new ClientRequest': (url, options) => {
    const { hostname, port } = new URL(url);
    return new ClientRequest({ ...options, hostname, port } as unknown as string).end();
  },
  'with an object of headers': (url, options) =>
    request(url, { ...options, headers: { Accept: '*/*', Cookie: ['a=1', 'b=2'] } }).end(),
  'with an array of headers': (url, options) =>
    request(url, { ...options, headers: ['Accept', '*/*', 'Host', hostOf(url)] }).end(),
  'with an array of pairs': (url, options) => {
    const headers = [
      ['Accept', '*/*'],
      ['Host', hostOf(url)],
    ];
    return request(url, { ...options, headers: headers as unknown as string[] }).end();
  },
  'with Expect': (url, options) => {
    const headers = { Expect: '100-continue', 'Content-Length': 6 };
    const outgoing = request(url, { ...options, method: 'POST', headers });
    return outgoing.on('continue', () => outgoing.end('a body'));
  },
  'with Expect in an array': (url, options) => {
    const headers = ['Expect', '100-continue', 'Host', hostOf(url), 'Content-Length', '6'];
    const outgoing = request(url, { ...options, method: 'POST', headers });
    return outgoing.on('continue', () => outgoing.end('a body'));
  },
  'with Expect set later': (url, options) => {
    const outgoing = request(url, { ...options, method: 'POST' });
    outgoing.setHeader('Expect', '100-continue');
    outgoing.on('continue', () => outgoing.end('a body')).flushHeaders();
    return outgoing;
  },
  'with headers set later': (url, options) => {
    const outgoing = request(url, options);
    outgoing.setHeader('Accept', '*/*');
    return outgoing.end();
  },
  'by flushHeaders': (url, options) => {
    const outgoing = request(url, { ...options, method: 'POST' });
    outgoing.flushHeaders();
    outgoing.write('a ');
    return outgoing.end('body');
  },
  'ended in another scope': (url, options) => {
    const outgoing = request(url, { ...options, method: 'POST' });
    context.run({ requestId: 'another', tenant: 'another' }, () => outgoing.end('a body'));
    return outgoing;
  },
  'with a timeout and credentials': (url, options) =>
    request(url, { ...options, timeout: 5000, auth: 'user:password' }).end(),
  'without keep-alive': (url, options) => request(url, { ...options, agent: false }).end(),
  'to a host by its name': (url, options) =>
    request(localhost(url), { ...options, family: 4 }).end(),
};

const wayScenarios = Object.entries(ways).flatMap(([words, way]): HttpScenario[] => {
  const id = words.replaceAll(/\W+/g, '-').toLowerCase();
  return [
    carrying({
      id: `carried-http-${id}`,
      title: `send the id ${words}`,
      async work(x, { upstream, agent }) {
        assertCarried(x, await responseTo(way(upstream, { agent })));
      },
    }),
    carrying({
      id: `carried-http-stranger-${id}`,
      title: `send nothing to a stranger ${words}`,
      async work(_x, { stranger, agent }) {
        assertNothing(await responseTo(way(stranger, { agent })));
      },
    }),
  ];
});

/** Headers of the caller, which are there before the id, as an object and as an array. */
const explicitHeaders = (url: string): RequestOptions['headers'][] => [
  { 'x-request-id': 'explicit' },
  ['X-REQUEST-ID', 'explicit', 'Host', hostOf(url)],
];

/** Calls that are certain to be for somebody else, or not certain to be for the upstream server. */
const uncertain: Readonly<Record<string, (servers: OutboundServers) => ClientRequest>> = {
  'a Host of another': ({ stranger, upstream, agent }) =>
    request(stranger, { agent, headers: { Host: hostOf(upstream) } }).end(),
  'a Host of another in an array': ({ stranger, upstream, agent }) =>
    request(stranger, { agent, headers: ['Host', hostOf(upstream)] }).end(),
  'a Host of another set later': ({ upstream, agent }) => {
    const outgoing = request(upstream, { agent });
    outgoing.setHeader('Host', 'stranger.test');
    return outgoing.end();
  },
  'a Host with another port': ({ upstream, stranger, agent }) =>
    request(upstream, { agent, headers: { Host: hostOf(stranger) } }).end(),
  'a default port of another': ({ stranger, upstream }) => {
    const agent = new Agent();
    const { port } = new URL(stranger);
    const defaultPort = Number(port);
    return request({ host: '127.0.0.1', agent, defaultPort, headers: { Host: hostOf(upstream) } })
      .once('close', () => agent.destroy())
      .end();
  },
  'a port of its agent': ({ stranger, upstream }) => {
    const agent = new Agent({ port: Number(new URL(stranger).port) } as object);
    return request(upstream, { agent })
      .once('close', () => agent.destroy())
      .end();
  },
  'a socket path': ({ upstream, socketPath, agent }) =>
    request(upstream, { socketPath, agent }).end(),
  'a connection of its caller': ({ upstream, stranger }) => {
    const createConnection = () => connect(Number(new URL(stranger).port), '127.0.0.1');
    return request(upstream, { createConnection }).end();
  },
  'a target in absolute form': ({ stranger, upstream, agent }) =>
    request(stranger, { agent, path: `${upstream}/` }).end(),
};

const uncertainScenarios = Object.entries(uncertain).map(([words, ask]) =>
  carrying({
    id: `carried-http-${words.replaceAll(' ', '-').toLowerCase()}`,
    title: `send nothing with ${words}`,
    async work(_x, servers) {
      assertNothing(await responseTo(ask(servers)));
    },
  }),
);

/** An agent that is none of Node's, as those of agent-base before version 7. */
const foreignAgent = {
  addRequest(req: ClientRequest, { host, port }: { host: string; port: number }): void {
    req.shouldKeepAlive = false;
    void Promise.resolve(connect(port, host)).then((socket) => req.onSocket(socket));
  },
} as unknown as Agent;

/** Sends requests through a connection that is there. */
class TunnelAgent extends Agent {
  readonly #socket: Duplex;

  constructor(socket: Duplex) {
    super();
    this.#socket = socket;
  }

  override createConnection(): Duplex {
    return this.#socket;
  }
}

const ownScenarios: readonly HttpScenario[] = [
  carrying({
    id: 'carried-http-agent',
    title: 'send each its own id by an agent that queues',
    async work(x, { upstream, agent }) {
      const headers = ['Host', hostOf(upstream)];
      await inManyScopes(x, () =>
        responseTo(request(upstream, { agent, method: 'POST' }).end('a')),
      );
      await inManyScopes(x, () => responseTo(get(upstream, { agent, headers })));
    },
  }),
  carrying({
    id: 'carried-http-secure',
    title: 'send each its own id over https by an agent that queues',
    async work(x, { secure, secureAgent: agent }) {
      await inManyScopes(x, () =>
        responseTo(secureRequest(secure, { agent, method: 'POST' }).end('a')),
      );
      assertCarried(x, await responseTo(secureGet(secure, { agent })));
    },
  }),
  carrying({
    id: 'carried-http-existing-keep',
    title: "keep the caller's header",
    async work(_x, { upstream, agent }) {
      for (const headers of explicitHeaders(upstream)) {
        const { ids } = await responseTo(
          request(upstream, { agent, headers: headers ?? {} }).end(),
        );
        assert.deepEqual(ids, ['explicit']);
      }
      const outgoing = request(upstream, { agent });
      outgoing.setHeader('x-Request-Id', 'explicit');
      assert.deepEqual((await responseTo(outgoing.end())).ids, ['explicit']);
    },
  }),
  carrying({
    id: 'carried-http-existing-replace',
    title: "replace the caller's header where that is asked for",
    options: { existing: 'replace' },
    async work(x, { upstream, stranger, agent }) {
      for (const headers of explicitHeaders(upstream)) {
        assertCarried(
          x,
          await responseTo(request(upstream, { agent, headers: headers ?? {} }).end()),
        );
      }
      // Not to a stranger: there, it is the caller's to say.
      const outgoing = get(stranger, { agent, headers: { 'X-Other': 'a' } });
      assertNothing(await responseTo(outgoing));
    },
  }),
  carrying({
    id: 'carried-http-baggage',
    title: "add to the caller's baggage",
    async work(x, { upstream, agent }) {
      for (const headers of [{ Baggage: 'a=1' }, ['baggage', 'a=1', 'Host', hostOf(upstream)]]) {
        const { baggage } = await responseTo(request(upstream, { agent, headers }).end());
        assert.deepEqual(baggage, [`a=1,tenant=${encodeURIComponent(tenantOf(x.id))}`]);
      }
    },
  }),
  carrying({
    id: 'carried-http-headers',
    title: 'show nothing in the headers of the request',
    async work(x, { upstream, agent }) {
      const outgoing = request(upstream, { agent, headers: { Accept: '*/*' } });
      assertCarried(x, await responseTo(outgoing.end()));
      assert.deepEqual(outgoing.getHeaderNames(), ['accept', 'host']);
    },
  }),
  carrying({
    id: 'carried-http-outside',
    title: 'send nothing of a request that was made outside of any scope',
    async work(_x, { upstream, agent }) {
      const made = await outside(() => request(upstream, { agent, method: 'POST' }));
      assertNothing(await responseTo(made.end('a body')));
    },
  }),
  carrying({
    id: 'carried-http-idle',
    title: 'send each its own id on a connection that was idle',
    async work(x, { upstream }) {
      const agent = new Agent({ keepAlive: true });
      for (const _ of 'abc') assertCarried(x, await responseTo(get(upstream, { agent })));
      agent.destroy();
    },
  }),
  carrying({
    id: 'carried-http-upgrade',
    title: 'send the id with an upgrade',
    async work(x, { upstream }) {
      const headers = { Connection: 'Upgrade', Upgrade: 'test' };
      const [incoming, socket] = await once(request(upstream, { headers }).end(), 'upgrade');
      socket.destroy();
      assert.equal(incoming.headers.seen, x.id);
    },
  }),
  carrying({
    id: 'carried-http-websocket',
    title: 'send the id of a WebSocket that has an agent',
    async work(x, { upstream }) {
      const agent = new Agent();
      const socket = new WebSocket(upstream.replace('http', 'ws'), { agent });
      const [message] = await once(socket, 'message');
      socket.terminate();
      assertCarried(x, JSON.parse(String(message)));
    },
  }),
  carrying({
    id: 'carried-http-connect',
    title: 'send nothing with CONNECT, and the id through the tunnel',
    async work(x, { upstream, proxy }) {
      const path = hostOf(upstream);
      const asked = request(proxy, { method: 'CONNECT', path }).end();
      const [, socket] = await once(asked, 'connect');
      assertCarried(x, await responseTo(get(upstream, { agent: new TunnelAgent(socket) })));
      socket.destroy();
    },
  }),
  carrying({
    id: 'carried-http-proxy-agent',
    title: 'send the id through the tunnel of https-proxy-agent',
    async work(x, { upstream, secure, stranger, proxy }) {
      const agent = new HttpsProxyAgent(proxy);
      const tls = { agent, rejectUnauthorized: false };
      assertCarried(x, await responseTo(secureGet(secure, tls)));
      assertCarried(x, await responseTo(get(upstream, { agent })));
      assertNothing(await responseTo(get(stranger, { agent })));
    },
  }),
  carrying({
    id: 'carried-http-foreign-agent',
    title: "send the id by an agent that is none of Node's",
    async work(x, { upstream, stranger }) {
      for (const way of [
        'by http.request',
        'with an array of headers',
        'with Expect',
        'with Expect in an array',
      ]) {
        const ask = ways[way] as Way;
        const outgoing = ask(upstream, { agent: foreignAgent });
        assertCarried(x, await responseTo(outgoing));
        assertNothing(await responseTo(ask(stranger, { agent: foreignAgent })));
      }
    },
  }),
  carrying({
    id: 'carried-http-foreign-agent-kept',
    title: "leave a request an agent that is none of Node's",
    async work(_x, { upstream }) {
      for (const headers of [{ Accept: '*/*' }, ['Host', hostOf(upstream)]]) {
        const outgoing = request(upstream, { agent: foreignAgent, headers });
        assert.equal((outgoing as { agent?: unknown }).agent, foreignAgent);
        await responseTo(outgoing.end());
      }
    },
  }),
  carrying({
    id: 'carried-http-proxy-absolute',
    title: 'send the id for a target in absolute form',
    async work(x, { upstream, stranger, proxy, agent }) {
      for (const url of [upstream, stranger]) {
        const headers = { Host: hostOf(url) };
        const received = await responseTo(
          request(proxy, { agent, path: `${url}/`, headers }).end(),
        );
        if (url === upstream) assertCarried(x, received);
        else assertNothing(received);
      }
    },
  }),
  carrying({
    id: 'carried-http-proxy-environment',
    title: 'send the id through the proxy of the environment',
    async work(x, { upstream, secure, stranger, proxy }) {
      const proxyEnv = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
      // From Node 24.5 on. Earlier versions ignore it.
      const agent = new Agent({ proxyEnv } as object);
      const secureAgent = new SecureAgent({ proxyEnv, rejectUnauthorized: false } as object);
      assertCarried(x, await responseTo(get(upstream, { agent })));
      assertCarried(x, await responseTo(secureGet(secure, { agent: secureAgent })));
      assertNothing(await responseTo(get(stranger, { agent })));
    },
  }),
  carrying({
    id: 'carried-http-events',
    title: "leave the events of a request in its caller's scope",
    async work(x, { upstream, agent }) {
      const seen: (string | undefined)[] = [];
      const outgoing = request(upstream, { agent, method: 'POST' });
      for (const event of ['socket', 'finish', 'response']) {
        outgoing.on(event, () => seen.push(getRequestId()));
      }
      assertCarried(x, await responseTo(outgoing.end('a body')));
      assert.deepEqual(seen, [x.id, x.id, x.id]);
    },
  }),
];

/** What `instrumentOutbound` makes of calls by `node:http` and `node:https`. */
export const carriedHttpScenarios: readonly HttpScenario[] = [
  ...wayScenarios,
  ...uncertainScenarios,
  ...ownScenarios,
];
