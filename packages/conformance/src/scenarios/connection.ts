import assert from 'node:assert/strict';
import type { RequestListener, Server } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, HttpScenario, ProbedExchange } from '../http-scenario.ts';

/** Records the id at the points of a request's life, with a pause in which others are handled. */
async function probeAll(x: ProbedExchange): Promise<void> {
  const res = x.takeOver();
  x.req.on('end', () => x.probe('req end'));
  x.req.on('close', () => x.probe('req close'));
  res.on('finish', () => x.probe('res finish'));
  res.on('close', () => x.probe('res close'));
  x.req.resume();
  x.probe('handler');
  await delay(Math.random() * 5);
  x.probe('later');
  res.end('response');
}

const all = ['handler', 'later', 'req end', 'req close', 'res finish', 'res close'];

function headOf({ id }: Client): string {
  return `GET / HTTP/1.1\r\nHost: x\r\nX-Request-ID: ${id}\r\n`;
}

/** Sends requests of several clients on one connection, and reads all responses. */
async function onOneConnection(clients: readonly Client[], isPipelined: boolean): Promise<void> {
  const { hostname, port } = new URL(String(clients[0]?.url));
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  const responses = (): number => received.split('HTTP/1.1 ').length - 1;
  const heads = clients.map((client) => `${headOf(client)}\r\n`);
  // In one packet, so that the server reads them in one go.
  if (isPipelined) heads.unshift(heads.splice(0).join(''));
  for (const [n, head] of heads.entries()) {
    socket.write(head);
    while (responses() <= n) await delay(1);
  }
  while (responses() < clients.length) await delay(1);
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
    const groups: Client[][] = [];
    for (let n = 0; n < clients.length; n += 8) groups.push(clients.slice(n, n + 8));
    await Promise.all(groups.map((group) => onOneConnection(group, isPipelined)));
  };
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

export const keepAlive: HttpScenario = {
  id: 'connection-keep-alive',
  title: 'keep the ids of requests apart that follow each other on a connection',
  needs: ['node'],
  probes: all,
  routes: { 'GET /': probeAll },
  visitAll: sharing(false),
};

export const pipelined: HttpScenario = {
  id: 'connection-pipelined',
  title: 'keep the ids of pipelined requests apart',
  needs: ['node'],
  probes: all,
  routes: { 'GET /': probeAll },
  visitAll: sharing(true),
};

export const connectionScenarios: readonly HttpScenario[] = [
  keepAlive,
  pipelined,
  {
    id: 'connection-pipelined-callbacks',
    title: 'keep the ids apart in the callbacks of write and end of pipelined responses',
    needs: ['node'],
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
    id: 'connection-http2',
    title: 'keep the ids of HTTP/2 streams of one session apart',
    needs: ['node', 'server', 'http2'],
    probes: all,
    setup: {
      createServer: (listener: RequestListener) =>
        createHttp2Server(listener as never) as unknown as Server,
    },
    routes: { 'GET /': probeAll },
    visitAll: visitByHttp2,
  },
];
