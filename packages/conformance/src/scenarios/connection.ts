import assert from 'node:assert/strict';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { createServer as createHttpsServer, request as requestHttps } from 'node:https';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { attach } from '@request-context/node-http';
import onFinished from 'on-finished';
import { generate } from 'selfsigned';
import { WebSocket, WebSocketServer } from 'ws';
import { record } from '../exchange.ts';
import type { Client, Exchange, HttpScenario } from '../types.ts';

const idOf = (req: IncomingMessage): string => String(req.headers['x-request-id']);

/** Notes the id at the points of a request's life, with a pause in which others are handled. */
async function noteAll(x: Exchange): Promise<void> {
  const res = x.takeOver();
  x.req.on('end', () => x.probe('req end'));
  x.req.on('close', () => x.probe('req close'));
  res.on('finish', () => x.probe('res finish'));
  res.on('close', () => x.probe('res close'));
  onFinished(res, () => x.probe('on-finished'));
  x.req.resume();
  x.probe('handler');
  await delay(Math.random() * 5);
  x.probe('later');
  res.end('answer');
}

const all = ['handler', 'later', 'req end', 'req close', 'res finish', 'res close', 'on-finished'];

function headOf({ id }: Client): string {
  return `GET / HTTP/1.1\r\nHost: x\r\nX-Request-ID: ${id}\r\n`;
}

/** Sends requests of several clients on one connection, and reads all answers. */
async function onOneConnection(clients: readonly Client[], isPipelined: boolean): Promise<void> {
  const { hostname, port } = new URL(String(clients[0]?.url));
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  const answers = (): number => received.split('HTTP/1.1 ').length - 1;
  for (const [n, client] of clients.entries()) {
    socket.write(`${headOf(client)}\r\n`);
    while (!isPipelined && answers() <= n) await delay(1);
  }
  while (answers() < clients.length) await delay(1);
  await delay(5);
  socket.destroy();
  const echoed = [...received.matchAll(/^x-request-id: (.+)\r$/gim)].map(([, id]) => id);
  assert.deepEqual(
    echoed,
    clients.map(({ id }) => id),
  );
}

/** Lets the clients share connections, eight to each. */
function sharing(isPipelined: boolean): (clients: readonly Client[]) => Promise<void> {
  return async (clients) => {
    const groups = [0, 8, 16].map((start) => clients.slice(start, start + 8));
    await Promise.all(groups.map((group) => onOneConnection(group, isPipelined)));
  };
}

let certificate: Promise<{ key: string; cert: string }> | undefined;

async function createCertificate(): Promise<{ key: string; cert: string }> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }]);
  return { key, cert };
}

const secure = { key: '', cert: '' };

async function visitByHttps({ url, id }: Client): Promise<void> {
  const target = url.replace('http:', 'https:');
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { headers: { 'X-Request-ID': id }, rejectUnauthorized: false };
    requestHttps(target, options, resolve).on('error', reject).end();
  });
  await text(answer);
  assert.equal(answer.headers['x-request-id'], id);
}

async function visitByHttp2(clients: readonly Client[]): Promise<void> {
  const session = connectHttp2(String(clients[0]?.url));
  try {
    await Promise.all(
      clients.map(async ({ id }) => {
        const stream = session.request({ ':path': '/', 'x-request-id': id });
        const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
          stream.on('response', resolve).on('error', reject);
        });
        await text(stream);
        assert.equal(headers['x-request-id'], id);
      }),
    );
  } finally {
    session.destroy();
  }
}

/** Serves WebSockets beside the framework; what they emit is noted for the request that opened them. */
function serveWebSockets(server: Server): void {
  attach(server);
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, req) => {
    const note = (label: string): void => record(idOf(req), label);
    note('connection');
    socket.on('message', async (message) => {
      note('message');
      await delay(1);
      note('after message');
      socket.ping();
      socket.send(message, () => note('sent'));
    });
    socket.on('ping', () => note('ping'));
    socket.on('pong', () => note('pong'));
    socket.on('close', () => note('close'));
    req.socket.on('close', () => note('socket close'));
  });
}

async function visitByWebSocket({ url, id }: Client): Promise<void> {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers: { 'X-Request-ID': id } });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.ping();
  for (let n = 0; n < 3; n += 1) {
    socket.send(`message ${n}`);
    await new Promise((resolve) => socket.once('message', resolve));
  }
  await delay(5);
  socket.close();
  await new Promise((resolve) => socket.once('close', resolve));
}

export const connectionScenarios: readonly HttpScenario[] = [
  {
    id: 'keep-alive',
    level: 'MUST',
    title: 'requests of others on the same connection, one after the other',
    probes: all,
    routes: { 'GET /': noteAll },
    visitAll: sharing(false),
  },
  {
    id: 'pipelined',
    level: 'MUST',
    title: 'requests of others on the same connection, sent without waiting for answers',
    probes: all,
    routes: { 'GET /': noteAll },
    visitAll: sharing(true),
  },
  {
    id: 'pipelined-callbacks',
    level: 'MUST',
    title: 'callbacks of write and end of pipelined answers',
    probes: ['written', 'ended'],
    routes: {
      'GET /': async (x) => {
        const res = x.takeOver();
        await delay(Math.random() * 5);
        res.write('a', () => x.probe('written'));
        res.end('b', () => x.probe('ended'));
      },
    },
    visitAll: sharing(true),
  },
  {
    id: 'https',
    level: 'MUST',
    title: 'HTTPS',
    probes: all,
    setup: {
      createServer: (listener: RequestListener) =>
        createHttpsServer(secure, listener) as unknown as Server,
    },
    async prepare() {
      certificate ??= createCertificate();
      Object.assign(secure, await certificate);
      return () => {};
    },
    routes: { 'GET /': noteAll },
    visit: visitByHttps,
  },
  {
    id: 'http2',
    level: 'MUST',
    title: 'HTTP/2, many streams of one session',
    // Express does not run on HTTP/2's compatibility API (expressjs/express#3730).
    frameworks: ['node-http', 'koa', 'fastify'],
    probes: all,
    setup: {
      createServer: (listener: RequestListener) =>
        createHttp2Server(listener as never) as unknown as Server,
    },
    routes: { 'GET /': noteAll },
    visitAll: visitByHttp2,
  },
  {
    id: 'websocket',
    level: 'MUST',
    title: 'a WebSocket, behind attach()',
    probes: [
      'connection',
      'message',
      'after message',
      'sent',
      'ping',
      'pong',
      'close',
      'socket close',
    ],
    setup: { onServer: serveWebSockets },
    routes: {},
    visit: visitByWebSocket,
  },
  {
    id: 'attached-before',
    level: 'MUST',
    title: 'code ahead of the adapter, behind attach()',
    probes: ['before', 'before, later', 'on-finished', 'handler'],
    setup: {
      onServer: (server) => attach(server),
      before: (req, res) => {
        record(idOf(req), 'before');
        setImmediate(() => record(idOf(req), 'before, later'));
        onFinished(res, () => record(idOf(req), 'on-finished'));
      },
    },
    routes: {
      'GET /': (x) => {
        x.probe('handler');
        x.send();
      },
    },
  },
];
