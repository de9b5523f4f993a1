import type { Socket } from 'node:net';
import type { Outcome } from './describe-mismatch.ts';

/** Sends bytes, then leaves the connection in its way. The socket must allow half-open connections. */
export type Departure = (socket: Socket, bytes: string) => Promise<Outcome>;

/** Collects what arrives. `got` resolves at the end, `started` with the first bytes or at the end. */
export function collect(socket: Socket): {
  readonly got: Promise<string>;
  readonly started: Promise<void>;
} {
  let received = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    received += chunk;
  });
  const over = new Promise<void>((resolve) => {
    socket.once('end', resolve);
    socket.once('close', () => resolve());
    // The server may have cut the connection already: nothing more arrives.
    if (socket.destroyed) resolve();
  });
  const started = new Promise<void>((resolve) => socket.once('data', () => resolve()));
  return { got: over.then(() => received), started: Promise.race([started, over]) };
}

/** How clients leave after a request. */
export const departures: Record<string, Departure> = {
  async 'reads all'(socket, bytes) {
    const { got } = collect(socket);
    socket.write(bytes);
    const received = await got;
    socket.end();
    return { received, hasLeft: false };
  },
  async 'reads all and keeps its side open'(socket, bytes) {
    const { got } = collect(socket);
    socket.write(bytes);
    return { received: await got, hasLeft: false };
  },
  async 'stays silent'(socket, bytes) {
    socket.write(bytes);
    return { received: '', hasLeft: true };
  },
  async 'leaves at once'(socket, bytes) {
    socket.write(bytes);
    socket.destroy();
    return { received: '', hasLeft: true };
  },
  async 'resets at once'(socket, bytes) {
    socket.write(bytes);
    socket.resetAndDestroy();
    return { received: '', hasLeft: true };
  },
  async 'resets when the response begins'(socket, bytes) {
    const { got, started } = collect(socket);
    socket.write(bytes);
    await started;
    socket.resetAndDestroy();
    return { received: await got, hasLeft: true };
  },
  async 'closes its half'(socket, bytes) {
    const { got } = collect(socket);
    socket.end(bytes);
    return { received: await got, hasLeft: true };
  },
};

/** The same, and clients that send more after the request. */
export const talkativeDepartures: Record<string, Departure> = {
  ...departures,
  async 'sends one more byte'(socket, bytes) {
    const { got } = collect(socket);
    socket.write(bytes);
    socket.write('x');
    return { received: await got, hasLeft: true };
  },
  async 'sends one more byte when the response begins, and closes its half'(socket, bytes) {
    const { got, started } = collect(socket);
    socket.write(bytes);
    await started;
    socket.end('x');
    return { received: await got, hasLeft: true };
  },
  async 'sends one more byte when the response begins, and resets'(socket, bytes) {
    const { got, started } = collect(socket);
    socket.write(bytes);
    await started;
    socket.write('x');
    socket.resetAndDestroy();
    return { received: await got, hasLeft: true };
  },
};
