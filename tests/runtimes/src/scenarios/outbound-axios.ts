import assert from 'node:assert/strict';
import http from 'node:http';
import type { HttpScenario } from '@request-context/conformance/engine';
import { context, getRequestId } from '@request-context/core';
import { axiosInterceptor } from '@request-context/propagation/axios';
import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import {
  assertCarried,
  assertNothing,
  type Carrying,
  type CarryingCase,
  carrying,
  localhost,
  tenantOf,
} from './carrying.ts';

/** Returns an axios instance over `node:http` that has our interceptor, and no proxy unless a request names one. */
function withInterceptor(
  { outbound, agent }: Carrying,
  config: AxiosRequestConfig = {},
): AxiosInstance {
  const defaults: AxiosRequestConfig = { adapter: 'http', proxy: false, httpAgent: agent };
  const client = axios.create({ ...defaults, ...config });
  client.interceptors.request.use(axiosInterceptor(outbound));
  return client;
}

/** A scenario of the interceptor, without `instrumentOutbound`. */
function intercepting(axiosCase: Omit<CarryingCase, 'isInstrumented'>): HttpScenario {
  return carrying({ ...axiosCase, isInstrumented: false });
}

/** Returns the settings of a proxy. */
function proxyOf({ proxy }: Carrying): NonNullable<AxiosRequestConfig['proxy']> {
  const { protocol, hostname, port } = new URL(proxy);
  return { protocol, host: hostname, port: Number(port) };
}

const certainScenarios: readonly HttpScenario[] = [
  intercepting({
    id: 'carried-axios-base-url',
    title: 'send the id to a URL in parts',
    async work(x, servers) {
      const { upstream: baseURL } = servers;
      const client = withInterceptor(servers, { baseURL });
      const configs: AxiosRequestConfig[] = [
        { url: '/in' },
        { url: 'path', params: { a: 1 } },
        {},
        { url: '/', baseURL: `${baseURL}//` },
        { url: `${baseURL}/absolute`, baseURL: servers.stranger },
        { url: '/', maxRedirects: 0 },
      ];
      for (const config of configs) assertCarried(x, (await client.request(config)).data);
      const strangers: AxiosRequestConfig[] = [
        { url: servers.stranger },
        { url: '/', baseURL: servers.stranger },
      ];
      for (const config of strangers) assertNothing((await client.request(config)).data);
    },
  }),
  intercepting({
    id: 'carried-axios-later-interceptor',
    title: 'decide after all other interceptors of axios',
    async work(x, servers) {
      for (const baseURL of [servers.upstream, servers.stranger]) {
        const client = axios.create({ adapter: 'http', proxy: false, httpAgent: servers.agent });
        client.interceptors.request.use((config) => ({ ...config, baseURL }));
        // axios runs the interceptor first that is added last.
        client.interceptors.request.use(axiosInterceptor(servers.outbound));
        const { data } = await client.get('/');
        if (baseURL === servers.upstream) assertCarried(x, data);
        else assertNothing(data);
      }
    },
  }),
  intercepting({
    id: 'carried-axios-before-redirect',
    title: "call the user's beforeRedirect, in the scope of the request",
    async work(x, servers) {
      const seen: (string | undefined)[] = [];
      const client = withInterceptor(servers, { beforeRedirect: () => seen.push(getRequestId()) });
      assertCarried(x, (await client.get(`${servers.upstream}/in`)).data);
      assertNothing((await client.get(`${servers.upstream}/out`)).data);
      assert.deepEqual(seen, [x.id, x.id]);
    },
  }),
  intercepting({
    id: 'carried-axios-redirect-changed',
    title: "send nothing where the user's beforeRedirect changes the destination",
    async work(_x, servers) {
      const { port } = new URL(servers.stranger);
      const client = withInterceptor(servers, {
        beforeRedirect: (options) => void Object.assign(options, { port }),
      });
      assertNothing((await client.get(`${servers.upstream}/in`)).data);
    },
  }),
  intercepting({
    id: 'carried-axios-again',
    title: 'decide anew for a config that is sent again',
    async work(x, servers) {
      const client = withInterceptor(servers);
      const { config, data } = await client.get(servers.upstream);
      assertCarried(x, data);
      assertNothing((await client.request({ ...config, url: servers.stranger })).data);
      assertNothing((await client.request({ ...config, url: `${servers.upstream}/out` })).data);
      const id = `${x.id}.later`;
      await context.run({ requestId: id, tenant: tenantOf(id) }, async () => {
        assertCarried({ id }, (await client.request(config)).data);
      });
    },
  }),
  intercepting({
    id: 'carried-axios-defaults',
    title: 'change no config of the caller',
    async work(_x, servers) {
      const config = { url: servers.upstream, headers: { accept: '*/*' } };
      const before = JSON.stringify(config);
      const client = withInterceptor(servers);
      await client.request(config);
      assert.equal(JSON.stringify(config), before);
      assert.equal(client.defaults.beforeRedirect, undefined);
    },
  }),
  intercepting({
    id: 'carried-axios-fetch-manual',
    title: 'send the id by fetch where it follows no redirects',
    async work(x, servers) {
      for (const redirect of ['manual', 'error'] as const) {
        const client = withInterceptor(servers, { adapter: 'fetch', fetchOptions: { redirect } });
        assertCarried(x, (await client.get(servers.upstream)).data);
        assertNothing((await client.get(servers.stranger)).data);
      }
    },
  }),
];

/** Configs with which it is not certain where axios sends a request, or to where it follows a redirect. */
const uncertain: Readonly<Record<string, (servers: Carrying) => AxiosRequestConfig>> = {
  'a socket path': ({ socketPath }) => ({ socketPath }),
  'a transport': () => ({ transport: http }),
  'an adapter of the user': () => ({ adapter: axios.getAdapter(['http']).bind(undefined) }),
};

const uncertainScenarios = Object.entries(uncertain).map(([words, configOf]) =>
  intercepting({
    id: `carried-axios-${words.replaceAll(' ', '-')}`,
    title: `send nothing by axios with ${words}`,
    async work(_x, servers) {
      const client = withInterceptor(servers, configOf(servers));
      assertNothing((await client.get(servers.upstream)).data);
    },
  }),
);

/** The proxy that axios's config names. It gets the whole URL for http, and CONNECT for https. */
const proxyScenarios = [true, false].flatMap((isInstrumented) => {
  const end = isInstrumented ? '-instrumented' : '';
  const words = isInstrumented ? ', by instrumentOutbound' : '';
  const clientOf = (servers: Carrying): AxiosInstance => {
    const config: AxiosRequestConfig = { proxy: proxyOf(servers), adapter: 'http' };
    return isInstrumented ? axios.create(config) : withInterceptor(servers, config);
  };
  return [
    carrying({
      id: `carried-axios-proxy${end}`,
      title: `send the id by axios through a proxy${words}`,
      isInstrumented,
      async work(x, servers) {
        const { upstream, stranger } = servers;
        const client = clientOf(servers);
        assertCarried(x, (await client.get(upstream)).data);
        assertCarried(x, (await client.get(`${upstream}/in`)).data);
        assertNothing((await client.get(stranger)).data);
        assertNothing((await client.get(`${upstream}/out`)).data);
      },
    }),
    carrying({
      id: `carried-axios-tunnel${end}`,
      title: `send the id by axios through a proxy's tunnel${words}`,
      isInstrumented,
      async work(x, servers) {
        const { secure, secureAgent: httpsAgent } = servers;
        // Node refuses an address as the name that TLS asks for.
        const url = localhost(secure);
        assertCarried(x, (await clientOf(servers).get(url, { httpsAgent })).data);
      },
    }),
  ];
});

/** What `axiosInterceptor` makes of requests, beyond what all clients have in common. */
export const carriedAxiosScenarios: readonly HttpScenario[] = [
  ...certainScenarios,
  ...uncertainScenarios,
  ...proxyScenarios,
];
