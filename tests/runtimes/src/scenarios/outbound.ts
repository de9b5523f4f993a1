import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type ClientRequest, createServer, type IncomingMessage, request } from 'node:http';
import { PassThrough, Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { listen, type Running } from '@request-context/conformance';
import {
  type HandlerCase,
  type HttpScenario,
  inHandler,
  type ProbedExchange,
} from '@request-context/conformance/engine';
import { context } from '@request-context/core';
import { instrumentOutbound } from '@request-context/propagation/http';
import axios from 'axios';
import got from 'got';
import { Pool, request as undiciRequest } from 'undici';
import { probeEvents } from './probe-events.ts';

/** Far fewer than there are requests: most wait for a connection that another request opened. */
const connections = 2;

/** An upstream server, and what requests share to call it. */
interface Upstream extends Running {
  /** The ids that each request brought. */
  readonly received: readonly (readonly unknown[])[];
  readonly agent: Agent;
  readonly pool: Pool;
}

/** Responds in two packets. `/redirect` redirects, and `/flaky?<name>` fails once for each name. */
async function openUpstream(): Promise<Upstream> {
  const failed = new Set<string>();
  const received: unknown[][] = [];
  const server = createServer((req, res) => {
    const url = req.url ?? '';
    received.push(req.headersDistinct['x-request-id'] ?? []);
    req.resume();
    if (url === '/redirect') {
      res.writeHead(302, { Location: '/' }).end();
    } else if (url.startsWith('/flaky') && !failed.has(url)) {
      failed.add(url);
      res.writeHead(503).end();
    } else {
      req.on('end', () => {
        res.write('first');
        setTimeout(() => res.end('second'), 1);
      });
    }
  });
  const running = await listen(server);
  return {
    ...running,
    received,
    agent: new Agent({ keepAlive: true, maxSockets: connections }),
    pool: new Pool(running.url, { connections }),
  };
}

async function closeUpstream({ agent, pool, close }: Upstream): Promise<void> {
  agent.destroy();
  // Bun's own undici has no such method.
  await pool.destroy?.();
  await close();
}

/**
 * Scenarios whose calls carry the id here too. Those of undici show what it does to scopes, which `instrumentOutbound` mends:
 * the group `clients` has them.
 */
const carried = /^outbound-(?:http|axios|got|fetch)/;

/** Work of a handler that calls the upstream server. Where the call carries the id, that is checked as well. */
function asking(handlerCase: Omit<HandlerCase<Upstream>, 'open' | 'close'>): HttpScenario {
  if (!carried.test(handlerCase.id)) {
    return inHandler({ ...handlerCase, open: openUpstream, close: closeUpstream });
  }
  const ids = new Set<unknown>();
  let undo = () => {};
  return inHandler<Upstream>({
    ...handlerCase,
    async open() {
      const upstream = await openUpstream();
      const { url } = upstream;
      undo = instrumentOutbound({ to: [url, url.replace('127.0.0.1', 'localhost')] });
      return upstream;
    },
    async close(upstream) {
      undo();
      await closeUpstream(upstream);
      const wrong = upstream.received.filter(([id, ...more]) => more.length > 0 || !ids.has(id));
      assert.deepEqual(wrong, [], 'each call carries the id of a request');
      assert.ok(upstream.received.length > 0);
    },
    work(x, upstream) {
      ids.add(x.id);
      return handlerCase.work(x, upstream);
    },
  });
}

const bodyEvents = ['data', 'end', 'close'];
const requestEvents = ['socket', 'finish', 'response', 'close'];
const bodyProbes = bodyEvents.map((event) => `body ${event}`);
const httpProbes = [...requestEvents.map((event) => `request ${event}`), ...bodyProbes, 'after'];

/** Sends a request, and probes in all events of the request and its response. */
async function askByEvents(x: ProbedExchange, outgoing: ClientRequest): Promise<void> {
  const closed = probeEvents(x, outgoing, requestEvents, 'request ');
  outgoing.on('response', (incoming) => void probeEvents(x, incoming, bodyEvents, 'body '));
  outgoing.end('a body');
  await closed;
  x.probe('after');
}

async function ask(url: string, agent: Agent): Promise<IncomingMessage> {
  const [incoming] = await once(request(url, { agent }).end(), 'response');
  return incoming as IncomingMessage;
}

/**
 * Sends a request and aborts it once it is sent. The agent then opens a connection for the next waiting request. `wrap`
 * binds the callbacks, or returns them as they are.
 */
async function sendAndGiveUp(
  x: ProbedExchange,
  outgoing: ClientRequest,
  wrap: (callback: () => void) => () => void,
): Promise<void> {
  const written = wrap(() => x.probe('written'));
  const ended = wrap(() => x.probe('ended'));
  const closed = probeEvents(x, outgoing, ['socket', 'finish', 'error', 'close'], 'request ');
  outgoing.on('finish', () => outgoing.destroy(new Error('on purpose')));
  outgoing.write('first', written);
  outgoing.end('second', ended);
  await closed;
}

/** Returns a request that times out before its body is sent. */
function slowRequest(url: string, agent: Agent): ClientRequest {
  return request(url, { method: 'POST', agent, timeout: 5 });
}

/** Sends a request's body only after the timeout. */
async function askLate(x: ProbedExchange, outgoing: ClientRequest): Promise<void> {
  const closed = probeEvents(x, outgoing, ['timeout', 'close'], 'request ');
  outgoing.on('timeout', () => outgoing.end('a body'));
  outgoing.on('response', (incoming) => incoming.resume());
  outgoing.flushHeaders();
  await closed;
}

const givenUpProbes = ['written', 'ended', 'request socket', 'request finish', 'request error'];

/** Scenarios of http.request. Node's agent passes a connection to a waiting request in that request's context. */
const httpScenarios: readonly HttpScenario[] = [
  asking({
    id: 'outbound-http',
    title: 'keep the id in the events of http.request on a separate connection',
    probes: [...httpProbes, 'socket lookup', 'socket connect', 'socket close'],
    work(x, { url }) {
      const host = url.replace('127.0.0.1', 'localhost');
      const outgoing = request(host, { method: 'POST', agent: false });
      outgoing.on('socket', (socket) => {
        void probeEvents(x, socket, ['lookup', 'connect', 'close'], 'socket ');
      });
      return askByEvents(x, outgoing);
    },
  }),
  asking({
    id: 'outbound-http-agent',
    title: 'keep the id in the events of http.request with an agent that queues',
    probes: httpProbes,
    work: (x, { url, agent }) => askByEvents(x, request(url, { method: 'POST', agent })),
  }),
  asking({
    id: 'outbound-http-agent-bind-emitter',
    title: 'keep the id in the events of http.request with an agent that queues, by bindEmitter',
    probes: httpProbes,
    work: (x, { url, agent }) =>
      askByEvents(x, context.bindEmitter(request(url, { method: 'POST', agent }))),
  }),
  inHandler({
    id: 'outbound-http-agent-idle',
    title: 'keep the id in the events of http.request on a connection that was idle',
    probes: httpProbes,
    open: async () => ({ ...(await openUpstream()), idle: new Agent({ keepAlive: true }) }),
    async close({ idle, ...upstream }) {
      idle.destroy();
      await closeUpstream(upstream);
    },
    async work(x, { url, idle }) {
      for (const _ of 'abc') await askByEvents(x, request(url, { method: 'POST', agent: idle }));
    },
  }),
  asking({
    id: 'outbound-http-upload',
    title: 'keep the id while http.request sends a large body, by bindEmitter',
    probes: ['request drain', 'request finish', 'request close', 'generator', 'after'],
    async work(x, { url, agent }) {
      async function* parts(): AsyncGenerator<Buffer> {
        for (const _ of 'abcdefgh') {
          x.probe('generator');
          yield Buffer.alloc(200_000);
        }
      }
      const outgoing = context.bindEmitter(request(url, { method: 'POST', agent }));
      const closed = probeEvents(x, outgoing, ['drain', 'finish', 'close'], 'request ');
      outgoing.on('response', (incoming) => incoming.resume());
      await pipeline(parts(), outgoing);
      x.probe('after');
      await closed;
    },
  }),
  asking({
    id: 'outbound-http-agent-replaced',
    title:
      'keep the id of http.request on a connection that follows one given up, by bind and bindEmitter',
    probes: givenUpProbes,
    work(x, { url, agent }) {
      const outgoing = context.bindEmitter(request(url, { method: 'POST', agent }));
      return sendAndGiveUp(x, outgoing, context.bind);
    },
  }),
  asking({
    id: 'outbound-http-agent-replaced-plain',
    fails:
      'the agent opens the connection in the context that gave up the one before, and sends from there what was written before it opened',
    title: 'keep the id of http.request on a connection that follows one given up',
    probes: givenUpProbes,
    work: (x, { url, agent }) =>
      sendAndGiveUp(x, request(url, { method: 'POST', agent }), (callback) => callback),
  }),
  asking({
    id: 'outbound-http-continue',
    title: "keep the id in the event 'continue' of http.request",
    probes: ['request continue', 'request close'],
    async work(x, { url, agent }) {
      const headers = { Expect: '100-continue' };
      const outgoing = request(url, { method: 'POST', agent, headers });
      const closed = probeEvents(x, outgoing, ['continue', 'close'], 'request ');
      outgoing.on('continue', () => outgoing.end('a body'));
      outgoing.on('response', (incoming) => incoming.resume());
      outgoing.flushHeaders();
      await closed;
    },
  }),
  asking({
    id: 'outbound-http-timeout',
    title: "keep the id in the event 'timeout' of http.request, by bindEmitter",
    probes: ['request timeout', 'request close'],
    work: (x, { url, agent }) => askLate(x, context.bindEmitter(slowRequest(url, agent))),
  }),
  asking({
    id: 'outbound-http-timeout-plain',
    title: "keep the id in the event 'timeout' of http.request",
    probes: ['request timeout', 'request close'],
    work: (x, { url, agent }) => askLate(x, slowRequest(url, agent)),
  }),
  asking({
    id: 'outbound-http-abort',
    title: 'keep the id in the events of an http.request that is destroyed',
    probes: ['waiting error', 'waiting close', 'request close', 'body error', 'body close'],
    async work(x, { url, agent }) {
      const waiting = request(url, { agent }).end();
      setImmediate(() => waiting.destroy(new Error('on purpose')));
      await probeEvents(x, waiting, ['error', 'close'], 'waiting ');
      const begun = request(url, { agent }).end();
      const closed = probeEvents(x, begun, ['close'], 'request ');
      begun.on('error', () => {});
      begun.on('response', (incoming) => {
        void probeEvents(x, incoming, ['error', 'close'], 'body ');
        incoming.once('data', () => incoming.destroy(new Error('on purpose')));
      });
      await closed;
    },
  }),
  asking({
    id: 'outbound-http-await',
    title: 'keep the id after awaits of http.request with an agent that queues',
    probes: ['response', 'text', 'loop', 'pipeline'],
    async work(x, { url, agent }) {
      const incoming = await ask(url, agent);
      x.probe('response');
      await text(incoming);
      x.probe('text');
      for await (const _ of await ask(url, agent)) x.probe('loop');
      await pipeline(await ask(url, agent), new PassThrough().resume());
      x.probe('pipeline');
    },
  }),
];

const fetchScenarios: readonly HttpScenario[] = [
  asking({
    id: 'outbound-fetch',
    title: 'keep the id after awaits of fetch and of its body',
    probes: ['response', 'text', 'loop', 'reader', 'redirected', 'aborted'],
    async work(x, { url }) {
      const response = await fetch(url, { method: 'POST', body: 'a body' });
      x.probe('response');
      await response.text();
      x.probe('text');
      const { body } = await fetch(url);
      if (body !== null) for await (const _ of body) x.probe('loop');
      const reader = (await fetch(url)).body?.getReader();
      while ((await reader?.read())?.done === false) x.probe('reader');
      await (await fetch(`${url}/redirect`)).text();
      x.probe('redirected');
      await fetch(url, { signal: AbortSignal.abort() }).catch(() => x.probe('aborted'));
    },
  }),
  asking({
    id: 'outbound-fetch-upload',
    title: 'keep the id in a stream that fetch sends',
    probes: ['pull', 'after'],
    async work(x, { url }) {
      let left = 3;
      const body = new ReadableStream({
        pull(controller) {
          x.probe('pull');
          left -= 1;
          if (left > 0) controller.enqueue(Buffer.from('chunk'));
          else controller.close();
        },
      });
      await (await fetch(url, { method: 'POST', body, duplex: 'half' } as RequestInit)).text();
      x.probe('after');
    },
  }),
];

const get = { path: '/', method: 'GET' } as const;
const post = { path: '/', method: 'POST' } as const;

/** Yields the chunks of an upload, with a probe before each. */
async function* chunks(x: ProbedExchange): AsyncGenerator<Buffer> {
  x.probe('generator');
  yield Buffer.from('first');
  x.probe('resumed');
  yield Buffer.from('second');
}

/** Returns a generator that continues in the current scope, even if code in another scope resumes it. */
function boundChunks(x: ProbedExchange): AsyncGenerator<Buffer> {
  const generator = chunks(x);
  return Object.assign(generator, { next: context.bind(generator.next) });
}

async function upload(pool: Pool, body: Readable): Promise<void> {
  await (await pool.request({ ...post, body })).body.text();
}

/** Returns a stream to which `pool.stream` writes the response. */
function responseSink(write: () => void): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      write();
      done();
    },
  });
}

const whereOpened =
  'undici reads and writes in the context in which the connection was opened, by another request';

/** Scenarios of undici, which reads every response in the context in which the connection was opened. */
const undiciScenarios: readonly HttpScenario[] = [
  asking({
    id: 'outbound-undici-await',
    title: 'keep the id after awaits of undici and of its body',
    probes: ['request', 'text', 'loop', 'pool'],
    async work(x, { url, pool }) {
      const { body } = await undiciRequest(url);
      x.probe('request');
      await body.text();
      x.probe('text');
      const response = await pool.request(get);
      x.probe('pool');
      for await (const _ of response.body) x.probe('loop');
    },
  }),
  asking({
    id: 'outbound-undici-callback',
    title: "keep the id in undici's callback, and in the events of the body by bindEmitter",
    probes: ['callback', ...bodyProbes],
    work: (x, { pool }) =>
      new Promise<void>((resolve, reject) => {
        // Without dispatch(), as in Bun's own undici, request() does nothing and never calls back.
        assert.equal(typeof pool.dispatch, 'function', 'the pool can dispatch a request');
        pool.request(get, (error, response) => {
          x.probe('callback');
          if (error !== null) reject(error);
          else resolve(probeEvents(x, context.bindEmitter(response.body), bodyEvents, 'body '));
        });
      }),
  }),
  asking({
    id: 'outbound-undici-body',
    title: "keep the id in the events of undici's body, by bindEmitter",
    probes: bodyProbes,
    async work(x, { pool }) {
      const { body } = await pool.request(get);
      await probeEvents(x, context.bindEmitter(body), bodyEvents, 'body ');
    },
  }),
  asking({
    id: 'outbound-undici-body-plain',
    fails: whereOpened,
    title: "keep the id in the events of undici's body",
    probes: bodyProbes,
    async work(x, { pool }) {
      const { body } = await pool.request(get);
      await probeEvents(x, body, bodyEvents, 'body ');
    },
  }),
  asking({
    id: 'outbound-undici-stream',
    title: "keep the id in the bound write of a stream for undici's response",
    probes: ['factory', 'write', 'after'],
    async work(x, { pool }) {
      await pool.stream(get, () => {
        x.probe('factory');
        return responseSink(context.bind(() => x.probe('write')));
      });
      x.probe('after');
    },
  }),
  asking({
    id: 'outbound-undici-stream-plain',
    fails: whereOpened,
    title: "keep the id in the write of a stream for undici's response",
    probes: ['write'],
    work: (x, { pool }) => pool.stream(get, () => responseSink(() => x.probe('write'))),
  }),
  asking({
    id: 'outbound-undici-pipeline',
    title: "keep the id in undici's pipeline, by bindEmitter",
    probes: ['handler', ...bodyProbes],
    work(x, { pool }) {
      const duplex = pool.pipeline(post, ({ body }) => {
        x.probe('handler');
        return body;
      });
      const closed = probeEvents(x, context.bindEmitter(duplex), bodyEvents, 'body ');
      duplex.end('a body');
      return closed;
    },
  }),
  asking({
    id: 'outbound-undici-pipeline-plain',
    fails: whereOpened,
    title: "keep the id in the events of undici's pipeline",
    probes: bodyProbes,
    work(x, { pool }) {
      const duplex = pool.pipeline(post, ({ body }) => body);
      const closed = probeEvents(x, duplex, bodyEvents, 'body ');
      duplex.end('a body');
      return closed;
    },
  }),
  asking({
    id: 'outbound-undici-upload',
    title: 'keep the id in a bound generator that undici sends',
    probes: ['generator', 'resumed'],
    work: (x, { pool }) => upload(pool, Readable.from(boundChunks(x))),
  }),
  asking({
    id: 'outbound-undici-upload-plain',
    fails: whereOpened,
    title: 'keep the id in a generator that undici sends',
    probes: ['generator', 'resumed'],
    work: (x, { pool }) => upload(pool, Readable.from(chunks(x))),
  }),
];

const clientScenarios: readonly HttpScenario[] = [
  asking({
    id: 'outbound-axios',
    title: 'keep the id in the functions that axios calls, and after it',
    probes: [
      'request interceptor',
      'response interceptor',
      'transformRequest',
      'transformResponse',
      'beforeRedirect',
      'onUploadProgress',
      'onDownloadProgress',
      'after',
      'failed',
    ],
    async work(x, { url, agent }) {
      const client = axios.create({
        baseURL: url,
        httpAgent: agent,
        transformRequest: (data) => noted(x, 'transformRequest', data),
        transformResponse: (data) => noted(x, 'transformResponse', data),
        beforeRedirect: () => x.probe('beforeRedirect'),
        onUploadProgress: () => x.probe('onUploadProgress'),
        onDownloadProgress: () => x.probe('onDownloadProgress'),
      });
      client.interceptors.request.use((config) => noted(x, 'request interceptor', config));
      client.interceptors.response.use((response) => noted(x, 'response interceptor', response));
      await client.post('/', 'a body');
      x.probe('after');
      await client.get('/redirect');
      await client.get(`/flaky?${x.id}`).catch(() => x.probe('failed'));
    },
  }),
  asking({
    id: 'outbound-axios-fetch',
    title: 'keep the id after axios over fetch',
    probes: ['transformResponse', 'after'],
    async work(x, { url }) {
      const transformResponse = (data: unknown) => noted(x, 'transformResponse', data);
      await axios.get(url, { adapter: 'fetch', transformResponse });
      x.probe('after');
    },
  }),
  asking({
    id: 'outbound-axios-stream',
    title: 'keep the id in the events of a stream by axios',
    probes: bodyProbes,
    async work(x, { url, agent }) {
      const { data } = await axios.get(url, { httpAgent: agent, responseType: 'stream' });
      await probeEvents(x, data, bodyEvents, 'body ');
    },
  }),
  asking({
    id: 'outbound-got',
    title: 'keep the id in the hooks of got, and after it',
    probes: ['beforeRequest', 'afterResponse', 'beforeRetry', 'beforeRedirect', 'after'],
    async work(x, { url, agent }) {
      const client = got.extend({
        agent: { http: agent },
        retry: { limit: 1, calculateDelay: ({ computedValue }) => Math.min(computedValue, 1) },
        hooks: {
          beforeRequest: [() => x.probe('beforeRequest')],
          afterResponse: [(response) => noted(x, 'afterResponse', response)],
          beforeRetry: [() => x.probe('beforeRetry')],
          beforeRedirect: [() => x.probe('beforeRedirect')],
        },
      });
      await client(`${url}/redirect`).text();
      await client(`${url}/flaky?${x.id}`).text();
      x.probe('after');
    },
  }),
  asking({
    id: 'outbound-got-stream',
    title: 'keep the id in the events of a stream by got',
    probes: ['body request', 'body response', 'body data', 'body end'],
    async work(x, { url, agent }) {
      const stream = got.stream(url, { agent: { http: agent } });
      await probeEvents(x, stream, ['request', 'response', 'data', 'end'], 'body ');
    },
  }),
];

function noted<T>(x: ProbedExchange, label: string, value: T): T {
  x.probe(label);
  return value;
}

export const outboundScenarios: readonly HttpScenario[] = [
  ...httpScenarios,
  ...fetchScenarios,
  ...undiciScenarios,
  ...clientScenarios,
];
