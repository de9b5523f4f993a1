import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { generate } from 'selfsigned';
import { createForwardingProxy } from './forwarding-proxy.ts';
import { sentValues } from './sent-values.ts';

/** What a server received. */
export interface Head {
  readonly method: string;
  readonly url: string;
  readonly ids: readonly string[];
  readonly baggage: string;
  readonly body: string;
  /** All of it, to look for what should not be there. */
  readonly all: string;
}

/** A server that responds with the head it received, as JSON. */
export interface Answering {
  readonly url: string;
  readonly heads: Head[];
}

/** The servers that scenarios of undici and fetch call. */
export interface UndiciServers {
  /** The id may be sent there. */
  readonly friend: Answering;
  /** The same, for TLS. */
  readonly secure: Answering;
  /** The same, for TLS with HTTP/2. */
  readonly secure2: Answering;
  /** The id must never be sent there. */
  readonly stranger: Answering;
  /** Connects to the server that is asked for. */
  readonly proxy: Answering;
  close(): Promise<void>;
}

const certificate = generate([{ name: 'commonName', value: 'localhost' }], {
  keySize: 2048,
  algorithm: 'sha256',
});

type Incoming = IncomingMessage | Http2ServerRequest;
type Outgoing = ServerResponse | Http2ServerResponse;

/**
 * Responds in two packets. `/to?<status>&<url>` redirects, `/loop` to itself; `/flaky?<name>` fails once for each name.
 */
function answerInto(heads: Head[]) {
  const failed = new Set<string>();
  return async (req: Incoming, res: Outgoing): Promise<void> => {
    const url = req.url ?? '';
    const head = { ...headOf(req), body: await text(req) };
    heads.push(head);
    const [, status, location] = /^\/to\?(\d+)&(.*)$/.exec(url) ?? [];
    if (location !== undefined) {
      res.writeHead(Number(status), { location: decodeURIComponent(location) });
      res.end();
    } else if (url.startsWith('/loop')) {
      res.writeHead(302, { location: '/loop' });
      res.end();
    } else if (url.startsWith('/flaky') && !failed.has(url)) {
      failed.add(url);
      res.writeHead(503);
      res.end('later');
    } else {
      const body = JSON.stringify(head);
      (res as ServerResponse).write(body.slice(0, 2));
      setImmediate(() => res.end(body.slice(2)));
    }
  };
}

function headOf(req: Incoming): Omit<Head, 'body'> {
  const { rawHeaders, method = '', url = '' } = req;
  return {
    method,
    url,
    ids: sentValues(req, 'x-request-id'),
    baggage: sentValues(req, 'baggage').join(', '),
    all: rawHeaders.join('\n').toLowerCase(),
  };
}

/** Starts all servers. */
export async function openUndiciServers(): Promise<UndiciServers> {
  const { private: key, cert } = await certificate;
  const sockets = new Set<Socket>();
  const servers: Server[] = [];
  async function start(make: (heads: Head[]) => unknown, protocol = 'http'): Promise<Answering> {
    const heads: Head[] = [];
    const server = make(heads) as Server;
    servers.push(server);
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    });
    server.on('upgrade', (req: IncomingMessage, socket: Socket) => {
      heads.push({ ...headOf(req), body: '' });
      socket.write('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n');
      socket.pipe(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { url: `${protocol}://localhost:${(server.address() as AddressInfo).port}`, heads };
  }
  const tls = { key, cert };
  const friend = await start((heads) => createServer(answerInto(heads)));
  const secure = await start((heads) => createSecure(tls, answerInto(heads)), 'https');
  const secure2 = await start(
    (heads) => createSecureServer({ ...tls, allowHTTP1: true }, answerInto(heads)),
    'https',
  );
  const stranger = await start((heads) => createServer(answerInto(heads)));
  const proxy = await start((heads) =>
    createForwardingProxy((req) => heads.push({ ...headOf(req), body: '' })),
  );
  return {
    friend,
    secure,
    secure2,
    stranger,
    proxy,
    async close() {
      for (const server of servers) server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Asserts that a server has been called, and has received nothing of any id. */
export function assertReceivedNothing({ heads }: Answering, isCalled = true): void {
  if (isCalled) assert.ok(heads.length > 0, 'the server is called');
  for (const { all } of heads) assert.doesNotMatch(all, /request-|baggage|tenant|id-/);
}
