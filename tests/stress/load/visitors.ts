import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A client with a connection of its own, and how it behaves; gives what it got, if it waited. */
export type Visitor = (socket: Socket, id: string) => Promise<Visit | undefined>;

/** What must be in what came back. */
export interface Visit {
  received: string;
  /** How many answers there must be, each with the id in its head and nothing but the id as its body. */
  answers: number;
  /** Whether it may be less than that. */
  mayBeCut?: boolean;
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

/** All that comes until the connection ends, by a reset too. */
async function receive(socket: Socket): Promise<string> {
  let received = '';
  try {
    for await (const chunk of socket) received += String(chunk);
  } catch {}
  return received;
}

/** Waits for the first bytes of an answer, or the end of all hope. */
const started = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.once('data', () => resolve());
    socket.once('close', () => resolve());
  });

// When a client closes its half, Node closes the other, unless server.httpAllowHalfOpen is set.
const mayBeCut = true;

/** All ways to use a server, and to leave it. */
export const visitors: Record<string, Visitor> = {
  async 'sends a body slowly'(socket, id) {
    const received = receive(socket);
    await sendSlowly(socket, post(id, 5000, close) + 'x'.repeat(5000), 6);
    return { received: await received, answers: 1 };
  },
  async 'sends its head slowly'(socket, id) {
    const received = receive(socket);
    await sendSlowly(socket, get(id, close));
    return { received: await received, answers: 1 };
  },
  async 'sends two requests at once'(socket, id) {
    const received = receive(socket);
    socket.write(`${get(id)}${get(id, close)}`);
    return { received: await received, answers: 2 };
  },
  async 'closes its half when it has asked'(socket, id) {
    const received = receive(socket);
    socket.end(get(id, close));
    return { received: await received, answers: 1, mayBeCut };
  },
  async 'waits to be told to continue'(socket, id) {
    const received = receive(socket);
    socket.write(post(id, 10, `Expect: 100-continue\r\n${close}`));
    await pause();
    socket.write('x'.repeat(10));
    return {
      received: (await received).replace(/^HTTP\/1.1 100 Continue\r\n\r\n/, ''),
      answers: 1,
    };
  },
  async 'leaves before it asks'(socket) {
    socket.destroy();
  },
  async 'resets before it asks'(socket) {
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
    await receive(socket);
  },
  async 'breaks off its chunks'(socket, id) {
    socket.write(
      `POST /body HTTP/1.1\r\nHost: x\r\nX-Request-ID: ${id}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n`,
    );
    await pause();
    socket.write('no chunk\r\n');
    await receive(socket);
  },
  async 'leaves within the answer'(socket, id) {
    socket.write(get(id));
    await started(socket);
    socket.destroy();
  },
  async 'resets within the answer'(socket, id) {
    socket.write(get(id));
    await started(socket);
    socket.resetAndDestroy();
  },
  async 'closes its half within the answer'(socket, id) {
    const received = receive(socket);
    socket.write(get(id, close));
    await pause();
    socket.end();
    return { received: await received, answers: 1, mayBeCut };
  },
};

/** Opens connections, all of them before any is used. */
export async function openAll(
  port: number,
  count: number,
  options: { allowHalfOpen?: boolean } = {},
): Promise<Socket[]> {
  const sockets: Socket[] = [];
  // No more at a time than servers keep waiting: 511.
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(250, count - sockets.length) }, () => {
      const socket = connect({ port, host: '127.0.0.1', ...options });
      // To be reset is among what is tried.
      socket.on('error', () => {});
      return socket;
    });
    await Promise.all(some.map((socket) => once(socket, 'connect')));
    sockets.push(...some);
  }
  return sockets;
}

/** What is wrong with what came back, if anything. */
export function problemOf({ received, answers, mayBeCut }: Visit, id: string): string | undefined {
  const echoed = [...received.matchAll(/\r\nX-Request-ID: ([^\r\n]*)/gi)].map(([, value]) => value);
  const named = [...echoed, ...(received.match(/load-\d+-\d+/g) ?? [])];
  const isOwn = named.every((name) => name === id);
  const isWhole = echoed.length === answers || (mayBeCut && echoed.length < answers);
  return isOwn && isWhole ? undefined : `${id} got ${JSON.stringify(received.slice(0, 500))}`;
}
