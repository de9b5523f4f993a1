import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Exchange, HttpScenario, Route, Sending } from '../types.ts';
import { preflightScenario } from './preflight.ts';

/** A request whose answer must carry the id, whatever becomes of it. */
interface EchoCase {
  readonly id: string;
  /** Continues "echoes the id on the answer to". */
  readonly title: string;
  /** Handles the request; without it no route does. */
  readonly route?: Route;
  readonly path?: string;
  readonly sending?: Sending;
  /** The statuses that the frameworks answer with. */
  readonly status: readonly number[];
}

const json = { 'Content-Type': 'application/json' };

function fail(thrown: unknown): never {
  throw thrown;
}

/** Answers by Node's own response, past whatever the framework would do. */
function raw(answer: (res: ServerResponse) => void): Route {
  return (exchange: Exchange) => answer(exchange.takeOver());
}

const cases: readonly EchoCase[] = [
  { id: 'handler', title: 'a handler', route: (x) => x.send({ body: 'ok' }), status: [200] },
  { id: '204', title: '204', route: (x) => x.send({ status: 204 }), status: [204] },
  { id: '304', title: '304', route: (x) => x.send({ status: 304 }), status: [304] },
  { id: '404', title: 'a path that nobody handles', path: '/nowhere', status: [404] },
  { id: 'url', title: 'a malformed URL', path: '/%zz', status: [400, 404] },
  { id: 'redirect', title: 'a redirect', route: (x) => x.redirect('/there'), status: [302] },
  {
    id: 'stream',
    title: 'a stream',
    route: (x) => x.stream(Readable.from(['a', 'b'])),
    status: [200],
  },
  { id: 'static', title: 'a static file', path: '/public/file.txt', status: [200] },
  {
    id: 'head',
    title: 'HEAD',
    route: (x) => x.send({ body: 'ok' }),
    sending: { method: 'HEAD' },
    status: [200],
  },
  {
    id: 'options',
    title: 'OPTIONS',
    path: '/',
    sending: { method: 'OPTIONS' },
    status: [200, 404],
  },
  {
    id: 'method',
    title: 'a method that nobody handles',
    sending: { method: 'PROPFIND' },
    status: [404, 405],
  },
  { id: 'throw', title: 'an error', route: () => fail(new Error('on purpose')), status: [500] },
  { id: 'throw-string', title: 'a thrown string', route: () => fail('on purpose'), status: [500] },
  {
    id: 'reject',
    title: 'a rejected promise',
    route: async () => {
      await Promise.resolve();
      throw new Error('on purpose');
    },
    status: [500],
  },
  {
    id: 'json',
    title: 'a body',
    route: (x) => x.send({ body: JSON.stringify(x.body) }),
    path: '/json',
    sending: { method: 'POST', headers: json, body: '{"a":1}' },
    status: [200],
  },
  {
    id: 'malformed-json',
    title: 'a malformed body',
    route: () => fail(new Error('reached')),
    path: '/json',
    sending: { method: 'POST', headers: json, body: '{"a":' },
    status: [400],
  },
  {
    id: 'too-large',
    title: 'a body that is too large',
    route: () => fail(new Error('reached')),
    path: '/json',
    sending: { method: 'POST', headers: json, body: `["${'x'.repeat(200)}"]` },
    status: [413],
  },
  {
    id: 'removed',
    title: 'a handler that removes all headers',
    route: raw((res) => {
      for (const name of res.getHeaderNames()) res.removeHeader(name);
      res.end();
    }),
    status: [200],
  },
  {
    id: 'replaced',
    title: 'a handler that sets another id',
    route: raw((res) => res.setHeader('x-request-id', 'another').end()),
    status: [200],
  },
  {
    id: 'write-head',
    title: 'writeHead with another id',
    route: raw((res) => res.writeHead(201, { 'x-REQUEST-id': 'another', a: 'b' }).end()),
    status: [201],
  },
  {
    id: 'write-head-list',
    title: 'writeHead with a list of headers',
    route: raw((res) => res.writeHead(201, 'Made', ['x-request-id', 'another', 'a', 'b']).end()),
    status: [201],
  },
  {
    id: 'write-head-pairs',
    title: 'writeHead with a list of pairs',
    route: raw((res) => {
      const pairs = [
        ['X-Request-ID', 'another'],
        ['a', 'b'],
      ];
      res.writeHead(201, pairs as never).end();
    }),
    status: [201],
  },
  {
    id: 'flush',
    title: 'flushHeaders',
    route: raw((res) => {
      res.flushHeaders();
      res.end('ok');
    }),
    status: [200],
  },
  {
    id: 'early-hints',
    title: 'early hints and what follows',
    route: raw((res) => res.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => res.end())),
    status: [200],
  },
];

function toScenario({ id, title, route, path = '/', sending, status }: EchoCase): HttpScenario {
  const method = sending?.method === 'HEAD' ? 'GET' : (sending?.method ?? 'GET');
  return {
    id: `echo-${id}`,
    level: 'MUST',
    title: `echoes the id on the answer to ${title}`,
    routes: route === undefined ? {} : { [`${method} ${path}`]: route },
    probes: [],
    async visit(client) {
      const answer = await client.send(path, sending);
      assert(status.includes(answer.status), `${answer.status} is not among ${status.join(', ')}`);
    },
  };
}

export const echoScenarios: readonly HttpScenario[] = [...cases.map(toScenario), preflightScenario];
