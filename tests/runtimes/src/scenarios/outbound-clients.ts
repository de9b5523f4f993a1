import assert from 'node:assert/strict';
import type { Agent, IncomingMessage } from 'node:http';
import type { Agent as SecureAgent } from 'node:https';
import { text } from 'node:stream/consumers';
import type { HttpScenario } from '@request-context/conformance/engine';
import { axiosInterceptor } from '@request-context/propagation/axios';
import axios, { type AxiosInstance, type AxiosRequestConfig, isAxiosError } from 'axios';
import followRedirects from 'follow-redirects';
import got from 'got';
import fetch3 from 'node-fetch';
import fetch2 from 'node-fetch2';
import superagent from 'superagent';
import { assertCarried, assertNothing, type Carrying, carrying, inManyScopes } from './carrying.ts';
import type { Received } from './outbound-servers.ts';

/** What a call by a client is made with. */
interface Call {
  readonly agent: Agent | SecureAgent;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client as its users call it. */
interface Client {
  readonly name: string;
  /** Calls a URL, follows redirects, and returns what the server received. */
  ask(url: string, call: Call, servers: Carrying): Promise<Received>;
  /** Calls a URL that fails at first, and tries once more. */
  retry?(url: string, call: Call, servers: Carrying): Promise<Received>;
  /** Whether it cannot be told to accept the test's certificate. @default false */
  readonly isWithoutTls?: boolean;
  /** Whether it needs no `instrumentOutbound`. @default false */
  readonly hasInterceptor?: boolean;
}

function askByFollowRedirects(url: string, { agent, headers = {} }: Call): Promise<Received> {
  const { http, https } = followRedirects;
  return new Promise((resolve, reject) => {
    const options = { agent, headers: { ...headers } };
    const respond = (incoming: unknown) => {
      text(incoming as IncomingMessage).then((body) => resolve(JSON.parse(body)), reject);
    };
    (url.startsWith('https') ? https : http).get(url, options, respond).on('error', reject);
  });
}

function axiosConfig(url: string, { agent, headers = {} }: Call): AxiosRequestConfig {
  return { url, httpAgent: agent, httpsAgent: agent, headers, adapter: 'http', proxy: false };
}

/** Retries as axios-retry does, with the config of the failed attempt. */
async function retryByAxios(client: AxiosInstance, config: AxiosRequestConfig): Promise<Received> {
  try {
    await client.request(config);
  } catch (error) {
    assert.ok(isAxiosError(error) && error.config !== undefined);
    return (await client.request(error.config)).data;
  }
  return assert.fail('the first attempt fails');
}

function interceptedAxios({ outbound }: Carrying): AxiosInstance {
  const client = axios.create();
  client.interceptors.request.use(axiosInterceptor(outbound));
  return client;
}

/** Over `fetch`, whose connections no agent limits. */
function fetchConfig(url: string, { headers = {} }: Call): AxiosRequestConfig {
  return { url, headers: { ...headers }, adapter: 'fetch' };
}

const clients: readonly Client[] = [
  {
    name: 'got',
    async ask(url, { agent, headers = {} }) {
      const https = { rejectUnauthorized: false };
      return got(url, {
        agent: { http: agent as Agent, https: agent as SecureAgent },
        headers,
        https,
      }).json();
    },
    async retry(url, { agent }) {
      const retry = {
        limit: 1,
        calculateDelay: ({ computedValue = 0 }) => Math.min(computedValue, 1),
      };
      return got(url, { agent: { http: agent as Agent }, retry }).json();
    },
  },
  {
    name: 'node-fetch-2',
    ask: async (url, { agent, headers = {} }) => (await fetch2(url, { agent, headers })).json(),
  },
  {
    name: 'node-fetch-3',
    ask: async (url, { agent, headers = {} }) =>
      (await fetch3(url, { agent, headers })).json() as Promise<Received>,
  },
  {
    name: 'superagent',
    ask: async (url, { agent, headers = {} }) =>
      (
        await superagent
          .get(url)
          .agent(agent)
          .set({ ...headers })
          .disableTLSCerts()
      ).body,
    retry: async (url, { agent }) => (await superagent.get(url).agent(agent).retry(1)).body,
  },
  { name: 'follow-redirects', ask: askByFollowRedirects },
  {
    name: 'axios',
    ask: async (url, call) => (await axios.request(axiosConfig(url, call))).data,
    retry: (url, call) => retryByAxios(axios, axiosConfig(url, call)),
  },
  {
    name: 'axios-interceptor',
    hasInterceptor: true,
    ask: async (url, call, servers) =>
      (await interceptedAxios(servers).request(axiosConfig(url, call))).data,
    retry: (url, call, servers) => retryByAxios(interceptedAxios(servers), axiosConfig(url, call)),
  },
  {
    name: 'axios-fetch',
    isWithoutTls: true,
    ask: async (url, call) => (await axios.request(fetchConfig(url, call))).data,
    retry: (url, call) => retryByAxios(axios, fetchConfig(url, call)),
  },
  {
    name: 'axios-fetch-interceptor',
    hasInterceptor: true,
    isWithoutTls: true,
    ask: async (url, call, servers) =>
      (await interceptedAxios(servers).request(fetchConfig(url, call))).data,
    retry: (url, call, servers) => retryByAxios(interceptedAxios(servers), fetchConfig(url, call)),
  },
  {
    name: 'axios-both',
    ask: async (url, call, servers) =>
      (await interceptedAxios(servers).request(axiosConfig(url, call))).data,
  },
];

function scenariosOf(client: Client): HttpScenario[] {
  const { name, ask, retry, hasInterceptor = false, isWithoutTls = false } = client;
  const common = { isInstrumented: !hasInterceptor };
  const scenarios = [
    carrying({
      ...common,
      id: `carried-clients-${name}`,
      title: `send each its own id by ${name} and an agent that queues`,
      work: (x, servers) => inManyScopes(x, () => ask(servers.upstream, servers, servers)),
    }),
    carrying({
      ...common,
      id: `carried-clients-${name}-secure`,
      title: `send the id by ${name} over https`,
      async work(x, servers) {
        assertCarried(x, await ask(servers.secure, { agent: servers.secureAgent }, servers));
      },
    }),
    carrying({
      ...common,
      id: `carried-clients-${name}-redirect`,
      title: `send the id along with a redirect to the same origin, by ${name}`,
      async work(x, servers) {
        assertCarried(x, await ask(`${servers.upstream}/in`, servers, servers));
      },
    }),
    carrying({
      ...common,
      id: `carried-clients-${name}-redirect-out`,
      title: `send nothing along with a redirect to another origin, by ${name}`,
      async work(_x, servers) {
        assertNothing(await ask(`${servers.upstream}/out`, servers, servers));
      },
    }),
    carrying({
      ...common,
      id: `carried-clients-${name}-redirect-back`,
      title: `send the id again where a redirect leads back, by ${name}`,
      async work(x, servers) {
        assertCarried(x, await ask(`${servers.upstream}/out-and-back`, servers, servers));
      },
    }),
    carrying({
      ...common,
      id: `carried-clients-${name}-redirect-in`,
      title: `send the id where a stranger redirects to, by ${name}`,
      async work(x, servers) {
        assertCarried(x, await ask(`${servers.stranger}/back`, servers, servers));
      },
    }),
    carrying({
      ...common,
      id: `carried-clients-${name}-stranger`,
      title: `send nothing to a stranger by ${name}`,
      async work(_x, servers) {
        assertNothing(await ask(servers.stranger, servers, servers));
      },
    }),
    carrying({
      ...common,
      id: `carried-clients-${name}-explicit`,
      title: `keep the header that the caller gives ${name}`,
      async work(_x, servers) {
        const headers = { 'x-request-id': 'explicit' };
        const { ids } = await ask(servers.upstream, { ...servers, headers }, servers);
        assert.deepEqual(ids, ['explicit']);
      },
    }),
  ];
  if (retry !== undefined) {
    scenarios.push(
      carrying({
        ...common,
        id: `carried-clients-${name}-retry`,
        title: `send the id again with a retry by ${name}`,
        async work(x, servers) {
          const url = `${servers.upstream}/flaky?${x.id}`;
          assertCarried(x, await retry(url, servers, servers));
        },
      }),
    );
  }
  return isWithoutTls ? scenarios.filter(({ id }) => !id.endsWith('-secure')) : scenarios;
}

/** What `instrumentOutbound` and the interceptors make of calls by clients. */
export const carriedClientScenarios: readonly HttpScenario[] = clients.flatMap(scenariosOf);
