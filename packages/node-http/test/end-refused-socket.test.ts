import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { listen, sendRaw, uuid } from '../../../tests/kit/http.ts';
import { attach, type ServerOptions } from '../src/index.ts';

const upgrade = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n';
const tunnel = 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n';

function fail(): never {
  throw new Error('the id service is down');
}

const refusals: [string, ServerOptions, string][] = [
  ['an upgrade with a bad id', { onInvalid: 'reject' }, `${upgrade}X-Request-ID: bad id!\r\n\r\n`],
  ['a CONNECT with a bad id', { onInvalid: 'reject' }, `${tunnel}X-Request-ID: bad id!\r\n\r\n`],
  ['an upgrade whose id cannot be made', { generate: fail, onError() {} }, `${upgrade}\r\n`],
  ['a CONNECT whose values cannot be made', { values: fail, onError() {} }, `${tunnel}\r\n`],
];

/** Returns a server that refuses upgrades and tunnels, and the events that reached their listeners. */
function refusing(options: ServerOptions): { server: Server; called: unknown[] } {
  const called: unknown[] = [];
  const server = createServer((_req, res) => res.end('ok'));
  for (const event of ['upgrade', 'connect'] as const) {
    server.on(event, (_req, socket) => {
      called.push(event);
      socket.destroy();
    });
  }
  attach(server, options);
  return { server, called };
}

function dial(url: string): Socket {
  const socket = connect({
    port: Number(new URL(url).port),
    host: '127.0.0.1',
    allowHalfOpen: true,
  });
  socket.on('error', () => {});
  return socket;
}

const connectionsOf = (server: Server): Promise<number> =>
  new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));

describe.each(refusals)('%s', (_what, options, head) => {
  it('get a refusal with an id, and a closed connection', async () => {
    const { server, called } = refusing(options);
    const received = await sendRaw(await listen(server), head);
    expect(received).toMatch(/^HTTP\/1\.1 (400 Bad Request|500 Internal Server Error)\r\n/);
    expect(/\r\nX-Request-ID: (.*)\r\n/.exec(received)?.[1]).toMatch(uuid);
    expect(received).toContain('application/problem+json');
    expect(called).toEqual([]);
    await vi.waitFor(async () => expect(await connectionsOf(server)).toBe(0));
  });

  it('leave the process running when the client resets the connection', async () => {
    const { server } = refusing(options);
    const url = await listen(server);
    const uncaught: unknown[] = [];
    const onUncaught = (error: unknown): void => void uncaught.push(error);
    process.on('uncaughtException', onUncaught);
    for (let time = 0; time < 20; time += 1) {
      const socket = dial(url);
      await new Promise((resolve) => socket.once('connect', resolve));
      socket.write(head);
      socket.resetAndDestroy();
      await sleep(2);
    }
    await vi.waitFor(async () => expect(await connectionsOf(server)).toBe(0));
    process.off('uncaughtException', onUncaught);
    expect(uncaught).toEqual([]);
  });
});

it('keep no descriptor for refused clients that send more and half-close, or stay silent', async () => {
  // A refused client has two seconds to read and close: all of them wait side by side.
  const servers = refusals.map(([what, options, head]) => ({ what, head, ...refusing(options) }));
  for (const { server, head } of servers) {
    const url = await listen(server);
    for (let time = 0; time < 10; time += 1) {
      const leaving = dial(url);
      leaving.write(head);
      leaving.once('data', () => leaving.end('x'));
      const silent = dial(url);
      silent.write(head);
    }
  }
  await sleep(50);
  const isClosed = async ({ what, server }: { what: string; server: Server }): Promise<void> =>
    vi.waitFor(async () => expect(await connectionsOf(server), what).toBe(0), { timeout: 10_000 });
  await Promise.all(servers.map(isClosed));
});

it('send a refusal without an id where `echo` is off', async () => {
  const { server } = refusing({ onInvalid: 'reject', echo: false });
  const received = await sendRaw(await listen(server), `${upgrade}X-Request-ID: bad id!\r\n\r\n`);
  expect(received).toMatch(/^HTTP\/1\.1 400/);
  expect(received.toLowerCase()).not.toContain('x-request-id:');
});

it('send a refusal after the responses to requests that were pipelined before it', async () => {
  const server = createServer((req, res) => void setTimeout(() => res.end(`to ${req.url}`), 20));
  server.on('upgrade', (_req, socket) => socket.destroy());
  attach(server, { onInvalid: 'reject' });
  const before = ['/1', '/2'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join('');
  const received = await sendRaw(
    await listen(server),
    `${before}${upgrade}X-Request-ID: bad id!\r\n\r\n`,
  );
  expect(received.match(/HTTP\/1\.1 \d+|to \/\d/g)).toEqual([
    'HTTP/1.1 200',
    'to /1',
    'HTTP/1.1 200',
    'to /2',
    'HTTP/1.1 400',
  ]);
});

it('not wait for a client that reads none of the responses before its refusal', async () => {
  const server = createServer((_req, res) => res.end(Buffer.alloc(20_000_000)));
  server.on('upgrade', (_req, socket) => socket.destroy());
  attach(server, { onInvalid: 'reject' });
  const socket = dial(await listen(server));
  socket.write(`GET / HTTP/1.1\r\nHost: a\r\n\r\n${upgrade}X-Request-ID: bad id!\r\n\r\n`);
  socket.pause();
  await vi.waitFor(async () => expect(await connectionsOf(server)).toBe(1));
  await vi.waitFor(async () => expect(await connectionsOf(server)).toBe(0), { timeout: 10_000 });
  socket.destroy();
});
