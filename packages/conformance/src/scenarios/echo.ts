import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Feature } from '../contract.ts';
import type { HttpScenario, ProbedRoute, Sending } from '../http-scenario.ts';

/** A request whose response must carry the id. */
interface EchoCase {
  readonly id: string;
  /** Completes the sentence "The adapter must echo the id on ...". */
  readonly title: string;
  /** Handles the request; without it no route does. */
  readonly route?: ProbedRoute;
  readonly needs?: readonly Feature[];
  readonly path?: string;
  readonly sending?: Sending;
  /** The statuses that frameworks respond with. */
  readonly status: readonly number[];
  /** Headers that the response must keep. */
  readonly headers?: Readonly<Record<string, unknown>>;
}

const json = { 'Content-Type': 'application/json' };

function fail(thrown: unknown): never {
  throw thrown;
}

/** Returns a route that responds by Node's own response, past the framework. */
function raw(respond: (res: ServerResponse) => void): Pick<EchoCase, 'route' | 'needs'> {
  return { needs: ['node'], route: (x) => respond(x.takeOver()) };
}

const cases: readonly EchoCase[] = [
  {
    id: 'handler',
    title: 'a response of a handler',
    route: (x) => x.send({ body: 'ok' }),
    status: [200],
  },
  { id: '204', title: 'a 204', route: (x) => x.send({ status: 204 }), status: [204] },
  { id: '304', title: 'a 304', route: (x) => x.send({ status: 304 }), status: [304] },
  { id: '404', title: 'a 404 for an unhandled path', path: '/nowhere', status: [404] },
  { id: 'url', title: 'the response to a malformed URL', path: '/%zz', status: [400, 404] },
  { id: 'redirect', title: 'a redirect', route: (x) => x.redirect('/there'), status: [302] },
  {
    id: 'stream',
    title: 'a streamed response',
    route: (x) => x.stream(Readable.from(['a', 'b'])),
    status: [200],
  },
  { id: 'static', title: 'a static file', path: '/public/file.txt', status: [200] },
  {
    id: 'head',
    title: 'the response to HEAD',
    route: (x) => x.send({ body: 'ok' }),
    sending: { method: 'HEAD' },
    status: [200],
  },
  {
    id: 'options',
    title: 'the response to OPTIONS',
    path: '/',
    sending: { method: 'OPTIONS' },
    status: [200, 404],
  },
  {
    id: 'method',
    title: 'the response to an unhandled method',
    sending: { method: 'PROPFIND' },
    status: [404, 405],
  },
  {
    id: 'throw',
    title: 'the response to a thrown error',
    route: () => fail(new Error('on purpose')),
    status: [500],
  },
  {
    id: 'throw-string',
    title: 'the response to a thrown string',
    route: () => fail('on purpose'),
    status: [500],
  },
  {
    id: 'reject',
    title: 'the response to a rejected promise',
    route: async () => {
      await Promise.resolve();
      throw new Error('on purpose');
    },
    status: [500],
  },
  {
    id: 'json',
    title: 'the response to a parsed body',
    route: (x) => x.send({ body: JSON.stringify(x.body) }),
    path: '/json',
    sending: { method: 'POST', headers: json, body: '{"a":1}' },
    status: [200],
  },
  {
    id: 'malformed-json',
    title: 'the response to a malformed body',
    route: () => fail(new Error('reached')),
    path: '/json',
    sending: { method: 'POST', headers: json, body: '{"a":' },
    status: [400],
  },
  {
    id: 'too-large',
    title: 'the response to a body that is too large',
    route: () => fail(new Error('reached')),
    path: '/json',
    sending: { method: 'POST', headers: json, body: `["${'x'.repeat(200)}"]` },
    status: [413],
  },
  {
    id: 'removed',
    title: 'a response whose handler removes all headers',
    ...raw((res) => {
      for (const name of res.getHeaderNames()) res.removeHeader(name);
      res.end();
    }),
    status: [200],
  },
  {
    id: 'replaced',
    title: 'a response whose handler sets another id',
    ...raw((res) => res.setHeader('x-request-id', 'another').end()),
    status: [200],
  },
  {
    id: 'write-head',
    title: 'a response by writeHead with another id',
    ...raw((res) => res.writeHead(201, { 'x-REQUEST-id': 'another', a: 'b' }).end()),
    status: [201],
  },
  {
    id: 'write-head-list',
    title: 'a response by writeHead with a list of headers',
    ...raw((res) => res.writeHead(201, 'Made', ['x-request-id', 'another', 'a', 'b']).end()),
    status: [201],
  },
  {
    id: 'write-head-pairs',
    title: 'a response by writeHead with a list of pairs',
    ...raw((res) => {
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
    title: 'a response by flushHeaders',
    ...raw((res) => {
      res.flushHeaders();
      res.end('ok');
    }),
    status: [200],
  },
  {
    id: 'early-hints',
    title: 'a response after early hints',
    ...raw((res) => res.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => res.end())),
    status: [200],
  },
  {
    id: 'write-head-repeated',
    title: 'a response by writeHead with a header that is given several times',
    ...raw((res) => res.writeHead(200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']).end()),
    status: [200],
    headers: { 'set-cookie': ['a=1', 'b=2'] },
  },
];

function toScenario(echoCase: EchoCase): HttpScenario {
  const { id, title, route, needs = [], path = '/', sending, status, headers = {} } = echoCase;
  const method = sending?.method === 'HEAD' ? 'GET' : (sending?.method ?? 'GET');
  return {
    id: `echo-${id}`,
    title: `echo the id on ${title}`,
    needs,
    routes: route === undefined ? {} : { [`${method} ${path}`]: route },
    clients: 8,
    probes: [],
    async visit(client) {
      const response = await client.send(path, sending);
      assert(status.includes(response.status), `${response.status}, not ${status.join(' or ')}`);
      for (const [name, value] of Object.entries(headers)) {
        assert.deepEqual(response.headers[name], value, name);
      }
    },
  };
}

export const echoScenarios: readonly HttpScenario[] = [
  ...cases.map(toScenario),
  {
    id: 'echo-early',
    title: 'set the header before the head is written, for other code to read',
    needs: ['node'],
    probes: ['set'],
    routes: {
      'GET /': (x) => {
        if (x.res.getHeader('X-Request-ID') === x.id) x.probe('set');
        x.send();
      },
    },
  },
];
