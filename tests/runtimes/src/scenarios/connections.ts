import assert from 'node:assert/strict';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer as createHttpsServer, request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, type HttpScenario, record } from '@request-context/conformance/engine';
import { attach } from '@request-context/node-http';
import { generate } from 'selfsigned';
import { WebSocket, WebSocketServer } from 'ws';
import { findScenario } from './find-scenario.ts';
import { idOf } from './in-framework.ts';

const secure = { key: '', cert: '' };
let certificate: Promise<typeof secure> | undefined;

async function createCertificate(): Promise<typeof secure> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }]);
  return { key, cert };
}

async function visitByHttps({ url, id }: Client): Promise<void> {
  const target = url.replace('http:', 'https:');
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { headers: { 'X-Request-ID': id }, rejectUnauthorized: false };
    requestHttps(target, options, resolve).on('error', reject).end();
  });
  await text(response);
  assert.equal(response.headers['x-request-id'], id);
}

/** Serves WebSockets beside the framework, and records what they emit for the request that opened them. */
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

const socketProbes = ['connection', 'message', 'after message', 'sent', 'ping', 'pong', 'close'];

/** Scenarios on other kinds of connections. */
export const connectionScenarios: readonly HttpScenario[] = [
  {
    ...findScenario('connection-keep-alive'),
    id: 'connection-https',
    title: 'keep the ids of HTTPS requests apart',
    setup: {
      createServer: (listener: RequestListener) =>
        createHttpsServer(secure, listener) as unknown as Server,
    },
    async prepare() {
      certificate ??= createCertificate();
      Object.assign(secure, await certificate);
      return () => {};
    },

    async visitAll(clients) {
      await Promise.all(clients.map(visitByHttps));
    },
  },
  {
    id: 'connection-websocket',
    title: 'keep the id in a WebSocket, behind attach()',
    probes: [...socketProbes, 'socket close'],
    setup: { onServer: serveWebSockets },
    routes: {},
    visit: visitByWebSocket,
  },
];
