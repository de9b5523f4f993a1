import { type IncomingHttpHeaders, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** A UUID of version 4, as fresh ids are. */
export const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** What came back. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** All values of X-Request-ID, one for each line in the head. */
  ids: string[];
  /** The only value of X-Request-ID, or what is wrong with it. */
  id: string;
  body: string;
}

/** What to send. */
export interface Sent {
  method?: string;
  id?: string | string[];
  headers?: Record<string, string | string[]>;
  body?: string;
}

/** Lets a server listen on a free port of the loopback until the test is over; gives its URL. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Sends a request on a connection of its own, without following redirects. */
export async function send(url: string, sent: Sent = {}): Promise<Answer> {
  const headers = {
    ...sent.headers,
    ...(sent.id === undefined ? {} : { 'X-Request-ID': sent.id }),
  };
  const { promise, resolve, reject } = withResolvers<Answer>();
  const outgoing = request(url, { method: sent.method ?? 'GET', headers, agent: false });
  outgoing.on('error', reject);
  outgoing.on('response', (incoming) => {
    text(incoming).then((body) => {
      const ids = (incoming.headersDistinct['x-request-id'] ?? []) as string[];
      const id = ids.length === 1 ? String(ids[0]) : `${ids.length} ids: ${ids.join(' and ')}`;
      resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, ids, id, body });
    }, reject);
  });
  outgoing.end(sent.body);
  return promise;
}

/** Sends bytes as they are, and gives all that comes back until the server closes the connection. */
export async function sendRaw(url: string, bytes: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  return Buffer.concat(await socket.toArray()).toString('latin1');
}

interface Resolvers<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: unknown) => void;
}

/** Promise.withResolvers, which Node has from version 22 on. */
function withResolvers<T>(): Resolvers<T> {
  let resolvers: Omit<Resolvers<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    resolvers = { resolve, reject };
  });
  return { promise, ...(resolvers as Omit<Resolvers<T>, 'promise'>) };
}
