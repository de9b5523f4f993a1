import { Agent, createServer } from 'node:http';
import { context } from '@request-context/core';
import axios, { AxiosHeaders, type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../../../tests/kit/http.ts';
import { axiosInterceptor, type OutboundOptions } from '../src/axios.ts';

declare module '@request-context/core' {
  interface ContextValues {
    tenant: unknown;
  }
}

let url = '';
let stranger = '';

/** Starts a server that responds with the headers that it received. `/out` redirects to the stranger. */
function start(): Promise<string> {
  return listen(
    createServer(({ headers, url: path }, res) => {
      const [, location] = path?.split('/to?') ?? [];
      if (path === '/out') res.writeHead(302, { Location: stranger }).end();
      else if (location) res.writeHead(302, { Location: decodeURIComponent(location) }).end();
      else res.setHeader('Content-Type', 'application/json').end(JSON.stringify(headers));
    }),
  );
}

function create(options: Partial<OutboundOptions> = {}): AxiosInstance {
  const client = axios.create({ adapter: 'http', proxy: false });
  client.interceptors.request.use(axiosInterceptor({ to: [url], ...options }));
  return client;
}

/** Sends a request inside of another one. Returns the headers that the server received. */
function send(client: AxiosInstance, config: AxiosRequestConfig): Promise<Record<string, string>> {
  return context.run({ requestId: 'myid', tenant: 'acme' }, async () => {
    return (await client.request(config)).data;
  });
}

beforeEach(async () => {
  stranger = await start();
  url = await start();
});

describe('the header of the caller', () => {
  it.each<[string, unknown, string | undefined]>([
    ['a value', 'explicit', 'explicit'],
    ['an empty value', '', ''],
    ['null, which removes it', null, undefined],
    ['false, which removes it', false, undefined],
  ])('stay, for %s', async (_what, value, expected) => {
    const headers = { 'x-request-id': value } as Record<string, string>;
    expect((await send(create(), { url, headers }))['x-request-id']).toBe(expected);
  });

  it('stay in AxiosHeaders', async () => {
    const headers = new AxiosHeaders({ 'X-Request-Id': 'explicit' });
    expect((await send(create(), { url, headers }))['x-request-id']).toBe('explicit');
  });

  it('be replaced where that is asked for, and come back for another origin', async () => {
    const client = create({ existing: 'replace', keys: ['tenant'] });
    const headers = { 'x-request-id': 'explicit', Baggage: 'a=1' };
    expect(await send(client, { url, headers })).toMatchObject({
      'x-request-id': 'myid',
      baggage: 'a=1,tenant=acme',
    });
    expect(await send(client, { url: `${url}/out`, headers })).toMatchObject({
      'x-request-id': 'explicit',
      baggage: 'a=1',
    });
  });
});

describe('two interceptors', () => {
  it('each decide for its own destinations', async () => {
    const client = create({ header: 'X-First' });
    client.interceptors.request.use(axiosInterceptor({ to: [stranger], header: 'X-Second' }));
    const first = await send(client, { url });
    expect([first['x-first'], first['x-second']]).toEqual(['myid', undefined]);
    const second = await send(client, { url: `${url}/out` });
    expect([second['x-first'], second['x-second']]).toEqual([undefined, 'myid']);
  });

  it('decide anew for a config that is sent again', async () => {
    const client = create({ header: 'X-First' });
    client.interceptors.request.use(axiosInterceptor({ to: [stranger], header: 'X-Second' }));
    const { config } = await context.run({ requestId: 'earlier' }, () => client.get(url));
    const first = await send(client, config);
    expect([first['x-first'], first['x-second']]).toEqual(['myid', undefined]);
    const second = await send(client, { ...config, url: stranger });
    expect([second['x-first'], second['x-second']]).toEqual([undefined, 'myid']);
  });
});

describe('what is sent', () => {
  it('be nothing outside of a request', async () => {
    const { data } = await create().get(url);
    expect(data).not.toHaveProperty('x-request-id');
  });

  it('be the id of who made the request', async () => {
    const client = create();
    client.interceptors.request.use((config) => context.run({ requestId: 'other' }, () => config));
    expect(await send(client, { url })).toMatchObject({ 'x-request-id': 'myid' });
  });

  it.each<[string, (config: AxiosRequestConfig) => AxiosRequestConfig]>([
    ['a function', (config) => ({ ...config, adapter: axios.getAdapter('fetch') })],
    [
      'an absolute URL below a base',
      (config) => ({ ...config, baseURL: url, allowAbsoluteUrls: false }),
    ],
  ])('be nothing, and be reported, for %s', async (_what, change) => {
    const reports: unknown[] = [];
    const client = create({ onSkip: (why) => reports.push(why) });
    expect(await send(client, change({ url }))).not.toHaveProperty('x-request-id');
    expect(reports).toEqual(['target']);
  });

  it.each(['', '/relative', '//other.test', 'http://%'])(
    'be nothing for the URL %j, which axios rejects',
    async (bad) => {
      await expect(send(create(), { url: bad })).rejects.toThrow('Invalid URL');
    },
  );
});

describe('where it is not certain who gets the request', () => {
  it.each<[string, () => AxiosRequestConfig]>([
    ['a Host of another server', () => ({ url, headers: { Host: 'other.test' } })],
    ['an agent with another port', () => ({ url, httpAgent: agentFor(stranger) })],
    [
      'a redirect to an agent with another port',
      () => ({ url: `${stranger}/to?${encodeURIComponent(url)}`, httpAgent: agentFor(stranger) }),
    ],
  ])('must send nothing, for %s', async (_what, config) => {
    expect((await send(create(), config()))['x-request-id']).toBeUndefined();
  });

  it('must send the id with the Host of the URL', async () => {
    const headers = { Host: new URL(url).host };
    expect((await send(create(), { url, headers }))['x-request-id']).toBe('myid');
  });
});

function agentFor(to: string): Agent {
  const options = { host: '127.0.0.1', port: new URL(to).port };
  return new Agent(options as object);
}

describe('options', () => {
  it.each<[string, unknown, string]>([
    ['null', null, 'options'],
    ['none', undefined, 'to'],
    ['no destinations', {}, 'to'],
    ['a string as destinations', { to: 'https://api.example.com' }, 'to'],
    ['an unknown option', { to: [], axios }, 'axios'],
    ['an unknown choice', { to: [], existing: 'drop' }, 'existing'],
  ])('be rejected at set-up: %s', (_what, options, option) => {
    expect(() => axiosInterceptor(options as OutboundOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', option }),
    );
  });
});
