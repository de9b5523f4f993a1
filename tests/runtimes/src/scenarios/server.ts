import assert from 'node:assert/strict';
import { request, type Server } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Client, type HttpScenario, record } from '@request-context/conformance/engine';
import { getRequestId } from '@request-context/core';
import { attach, onClientError } from '@request-context/node-http';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Sends bytes, half-closes, and returns all that comes back. */
async function exchangeBytes({ url }: Client, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.end(bytes);
  return Buffer.concat(await socket.toArray()).toString('latin1');
}

const echoedIn = (response: string): string[] =>
  [...response.matchAll(/^x-request-id: (.+)\r$/gim)].map(([, id]) => String(id));

/** A response that Node sends before any of the framework's code runs. */
interface NodeResponse {
  readonly id: string;
  readonly title: string;
  readonly send: (id: string) => string;
  readonly statuses: readonly number[];
  /** Whether Node can parse the request. If so, the response carries its id, otherwise a fresh id. */
  readonly isRead: boolean;
}

const nodeResponses: readonly NodeResponse[] = [
  {
    id: 'no-host',
    title: 'the 400 for a request without a Host header',
    send: (id) => `GET / HTTP/1.1\r\nX-Request-ID: ${id}\r\n\r\n`,
    statuses: [400],
    isRead: true,
  },
  {
    id: 'expectation',
    title: 'the 417 for an unknown expectation',
    send: (id) => `GET / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nX-Request-ID: ${id}\r\n\r\n`,
    statuses: [417],
    isRead: true,
  },
  {
    id: 'malformed',
    title: 'the 400 for bytes that are not HTTP',
    send: () => 'GET / TEA/1.1\r\n\r\n',
    statuses: [400],
    isRead: false,
  },
  {
    id: 'control-byte',
    title: 'the 400 for a control byte in the id',
    send: (id) => `GET / HTTP/1.1\r\nHost: x\r\nX-Request-ID: ${id}\x01\r\n\r\n`,
    statuses: [400],
    isRead: false,
  },
  {
    id: 'head-too-large',
    title: 'the 431 for a head that is too large',
    send: (id) =>
      `GET / HTTP/1.1\r\nHost: x\r\nX-Request-ID: ${id}\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`,
    statuses: [431],
    isRead: false,
  },
];

function toScenario({ id, title, send, statuses, isRead }: NodeResponse): HttpScenario {
  return {
    id: `server-${id}`,
    title: `echo an id on ${title}, behind attach()`,
    probes: [],
    routes: {},
    setup: {
      onServer(server) {
        attach(server);
        // Fastify adds a listener, which responds without an id.
        if (!isRead) server.removeAllListeners('clientError').on('clientError', onClientError);
      },
    },
    async visit(client) {
      const response = await exchangeBytes(client, send(client.id));
      assert(statuses.includes(Number(response.split(' ')[1])), response);
      const [echoed, ...more] = echoedIn(response);
      assert.deepEqual(more, []);
      if (isRead) assert.equal(echoed, client.id);
      else assert.match(String(echoed), uuid);
    },
  };
}

/** Adds a listener for a server event that passes requests, and records the id in it. */
function onRequestEvent(server: Server, event: string, response: (...args: never[]) => void): void {
  attach(server);
  server.on(event, (req, out, head) => {
    record(String(req.headers['x-request-id']), event);
    setImmediate(() => record(String(req.headers['x-request-id']), `${event}, later`));
    (response as (...args: unknown[]) => void)(req, out, head);
  });
}

export const serverScenarios: readonly HttpScenario[] = [
  ...nodeResponses.map(toScenario),
  {
    id: 'server-share',
    title: 'echo the id on the 503 once a connection reaches maxRequestsPerSocket, behind attach()',
    probes: [],
    routes: { 'GET /': (x) => x.send() },
    setup: {
      onServer(server) {
        attach(server);
        server.maxRequestsPerSocket = 1;
      },
    },
    async visit(client) {
      const head = `GET / HTTP/1.1\r\nHost: x\r\nX-Request-ID: ${client.id}\r\n\r\n`;
      const response = await exchangeBytes(client, head + head);
      // The second response may arrive before the connection closes, or not at all.
      const responses = response.split('HTTP/1.1 ').length - 1;
      assert.deepEqual(
        echoedIn(response),
        Array.from({ length: responses }, () => client.id),
      );
    },
  },
  {
    id: 'server-check-continue',
    title: "keep the id in 'checkContinue', behind attach()",
    probes: ['checkContinue', 'checkContinue, later', 'handler'],
    routes: {
      'POST /': (x) => {
        x.probe('handler');
        x.takeOver().end();
        x.req.resume();
      },
    },
    setup: {
      onServer: (server) =>
        onRequestEvent(
          server,
          'checkContinue',
          (...[req, res]: [never, { writeContinue(): void }]) => {
            res.writeContinue();
            server.emit('request', req, res);
          },
        ),
    },
    async visit({ url, id }) {
      await new Promise<void>((resolve, reject) => {
        const headers = { 'X-Request-ID': id, Expect: '100-continue', 'Content-Length': 4 };
        const sent = request(url, { method: 'POST', headers, agent: false });
        sent.on('continue', () => sent.end('body')).on('error', reject);
        sent.on('response', (response) => {
          assert.equal(response.headers['x-request-id'], id);
          text(response).then(() => resolve(), reject);
        });
        sent.flushHeaders();
      });
    },
  },
  {
    id: 'server-connect',
    title: "keep the id in 'connect' and its socket, behind attach()",
    probes: ['connect', 'connect, later', 'socket data', 'socket end', 'socket close'],
    routes: {},
    setup: {
      onServer: (server) =>
        onRequestEvent(server, 'connect', (...[req, socket]: [Req, NodeJS.Socket]) => {
          for (const event of ['data', 'end', 'close']) {
            socket.on(event, () => record(String(req.headers['x-request-id']), `socket ${event}`));
          }
          socket.write(`HTTP/1.1 200 OK\r\n\r\n${getRequestId()}`);
          socket.on('end', () => socket.end());
        }),
    },
    async visit({ url, id }) {
      const { hostname, port } = new URL(url);
      const socket = connect(Number(port), hostname);
      socket.write(`CONNECT x:1 HTTP/1.1\r\nHost: x\r\nX-Request-ID: ${id}\r\n\r\n`);
      await new Promise((resolve) => socket.once('data', resolve));
      socket.end('through the tunnel');
      await socket.resume().toArray();
    },
  },
];

interface Req {
  readonly headers: Readonly<Record<string, unknown>>;
}
