import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { collect } from './departures.ts';
import type { Outcome } from './describe-mismatch.ts';

/** Uses a connection in one way. Returns what the client received, if it waited. */
export type Visitor = (socket: Socket, id: string) => Promise<Visit | undefined>;

export interface Visit extends Outcome {
  /** How many responses there must be, unless the client left. */
  responses: number;
}

const post = (id: string, length: number, more = ''): string =>
  `POST /body HTTP/1.1\r\nHost: x\r\nX-Request-ID: ${id}\r\nContent-Length: ${length}\r\n${more}\r\n`;
const get = (id: string, more = ''): string =>
  `GET /stream HTTP/1.1\r\nHost: x\r\nX-Request-ID: ${id}\r\n${more}\r\n`;
const close = 'Connection: close\r\n';

const pause = (): Promise<void> => delay(Math.random() * 15);

async function sendSlowly(socket: Socket, bytes: string, pieces = 5): Promise<void> {
  const size = Math.ceil(bytes.length / pieces);
  for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
    socket.write(bytes.slice(at, at + size));
    await pause();
  }
}

// When a client closes its half, Node closes the other half, unless server.httpAllowHalfOpen is set.
const hasLeft = true;

/** The ways to use a server, and to leave it. */
export const visitors: Record<string, Visitor> = {
  async 'sends a body slowly'(socket, id) {
    const { got } = collect(socket);
    await sendSlowly(socket, post(id, 5000, close) + 'x'.repeat(5000), 6);
    return { received: await got, responses: 1, hasLeft: false };
  },
  async 'sends its head slowly'(socket, id) {
    const { got } = collect(socket);
    await sendSlowly(socket, get(id, close));
    return { received: await got, responses: 1, hasLeft: false };
  },
  async 'sends two requests at once'(socket, id) {
    const { got } = collect(socket);
    socket.write(`${get(id)}${get(id, close)}`);
    return { received: await got, responses: 2, hasLeft: false };
  },
  async 'closes its half after the request'(socket, id) {
    const { got } = collect(socket);
    socket.end(get(id, close));
    return { received: await got, responses: 1, hasLeft };
  },
  async 'waits for 100 Continue'(socket, id) {
    const { got } = collect(socket);
    socket.write(post(id, 10, `Expect: 100-continue\r\n${close}`));
    await pause();
    socket.write('x'.repeat(10));
    return {
      received: (await got).replace(/^HTTP\/1.1 100 Continue\r\n\r\n/, ''),
      responses: 1,
      hasLeft: false,
    };
  },
  async 'leaves before the request'(socket) {
    socket.destroy();
  },
  async 'resets before the request'(socket) {
    socket.resetAndDestroy();
  },
  async 'leaves within the head'(socket) {
    socket.write('POST /body HTTP/1.1\r\nHost: x\r\nX-Req');
    await pause();
    socket.destroy();
  },
  async 'leaves within the body'(socket, id) {
    await sendSlowly(socket, post(id, 5000) + 'x'.repeat(2500));
    socket.destroy();
  },
  async 'resets within the body'(socket, id) {
    await sendSlowly(socket, post(id, 5000) + 'x'.repeat(2500));
    socket.resetAndDestroy();
  },
  async 'closes its half within the body'(socket, id) {
    await sendSlowly(socket, post(id, 5000) + 'x'.repeat(2500));
    socket.end();
    await collect(socket).got;
  },
  async 'sends a malformed chunk'(socket, id) {
    socket.write(
      `POST /body HTTP/1.1\r\nHost: x\r\nX-Request-ID: ${id}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n`,
    );
    await pause();
    socket.write('no chunk\r\n');
    await collect(socket).got;
  },
  async 'leaves within the response'(socket, id) {
    socket.write(get(id));
    await collect(socket).started;
    socket.destroy();
  },
  async 'resets within the response'(socket, id) {
    socket.write(get(id));
    await collect(socket).started;
    socket.resetAndDestroy();
  },
  async 'closes its half within the response'(socket, id) {
    const { got } = collect(socket);
    socket.write(get(id, close));
    await pause();
    socket.end();
    return { received: await got, responses: 1, hasLeft };
  },
};

/** Opens connections. Resolves once all are open. */
export async function openAll(
  port: number,
  count: number,
  options: { allowHalfOpen?: boolean } = {},
): Promise<Socket[]> {
  const sockets: Socket[] = [];
  // Fewer at a time than a server's backlog of 511.
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(250, count - sockets.length) }, () => {
      const socket = connect({ port, host: '127.0.0.1', ...options });
      // Some visitors are reset on purpose.
      socket.on('error', () => {});
      return socket;
    });
    await Promise.all(some.map((socket) => once(socket, 'connect')));
    sockets.push(...some);
  }
  return sockets;
}
