import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer, Agent as SecureAgent } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { WebSocketServer } from 'ws';
import { createForwardingProxy } from './forwarding-proxy.ts';
import { sentValues } from './sent-values.ts';

/** What a server received of a request. */
export interface Received {
  readonly url: string;
  /** The values of X-Request-ID, one for each line of the head that has it. */
  readonly ids: readonly string[];
  /** The values of `baggage`. */
  readonly baggage: readonly string[];
}

/** The servers that scenarios of outbound calls call, and what all their requests share. */
export interface OutboundServers {
  /** May get the id. Responds with what it received, as JSON; `/out` redirects to the stranger. */
  readonly upstream: string;
  /** The same over https. */
  readonly secure: string;
  /** Must never get the id. `/back` redirects to the upstream server. */
  readonly stranger: string;
  /** Forwards to the others, and must never get the id for itself. */
  readonly proxy: string;
  /** Where another stranger listens. */
  readonly socketPath: string;
  /** Opens far fewer connections than there are requests. */
  readonly agent: Agent;
  readonly secureAgent: SecureAgent;
  close(): Promise<void>;
}

/** Connections at a time. */
const connections = 2;

let certificate: Promise<{ key: string; cert: string }> | undefined;

async function createCertificate(): Promise<{ key: string; cert: string }> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }]);
  return { key, cert };
}

/** Starts all servers. */
export async function openOutboundServers(): Promise<OutboundServers> {
  certificate ??= createCertificate();
  const leaks: string[] = [];
  const failed = new Set<string>();
  const urls = { upstream: '', stranger: '' };

  const answer: RequestListener = (req, res) => {
    const url = req.url ?? '';
    req.resume();
    if (url === '/in') res.writeHead(302, { Location: '/' }).end();
    else if (url === '/out') res.writeHead(302, { Location: `${urls.stranger}/` }).end();
    else if (url === '/out-and-back') {
      res.writeHead(302, { Location: `${urls.stranger}/back` }).end();
    } else if (url.startsWith('/flaky') && !failed.has(url)) {
      failed.add(url);
      res.writeHead(503, { 'Retry-After': '0' }).end();
    } else req.on('end', () => respond(res, receivedBy(req)));
  };
  const notice = (req: IncomingMessage): void => {
    const { ids, baggage } = receivedBy(req);
    if (ids.length > 0 || baggage.length > 0) leaks.push(`${req.method} ${req.url}: ${ids}`);
  };
  const answerAsStranger: RequestListener = (req, res) => {
    notice(req);
    req.resume();
    if (req.url === '/back') res.writeHead(302, { Location: `${urls.upstream}/` }).end();
    else req.on('end', () => respond(res, receivedBy(req)));
  };

  const sockets = new WebSocketServer({ noServer: true });
  const upstream = createServer(answer).on('upgrade', (req, socket, head) => {
    const received = receivedBy(req);
    if (req.headers.upgrade === 'websocket') {
      sockets.handleUpgrade(req, socket, head, (opened) => opened.send(JSON.stringify(received)));
      return;
    }
    const { ids } = received;
    socket.end(`HTTP/1.1 101 OK\r\nConnection: Upgrade\r\nUpgrade: test\r\nSeen: ${ids}\r\n\r\n`);
  });
  const secure = createHttpsServer(await certificate, answer);
  const stranger = createServer(answerAsStranger);
  const atSocket = createServer(answerAsStranger);
  const proxy = createForwardingProxy((req) => {
    // What it forwards is for the others.
    if (req.method === 'CONNECT') notice(req);
  });
  const servers = [upstream, secure, stranger, atSocket, proxy];
  const random = Math.random().toString(36).slice(2, 10);
  const socketPath = join(tmpdir(), `outbound-${process.pid}-${random}.sock`);
  for (const server of servers) {
    if (server === atSocket) server.listen(socketPath);
    else server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  const urlOf = (server: { address(): unknown }): string =>
    `http${server === secure ? 's' : ''}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  Object.assign(urls, { upstream: urlOf(upstream), stranger: urlOf(stranger) });

  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const secureAgent = new SecureAgent({
    keepAlive: true,
    maxSockets: connections,
    rejectUnauthorized: false,
  });
  return {
    ...urls,
    secure: urlOf(secure),
    proxy: urlOf(proxy),
    socketPath,
    agent,
    secureAgent,
    async close() {
      agent.destroy();
      secureAgent.destroy();
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
      assert.deepEqual(leaks, [], 'a stranger received nothing');
    },
  };
}

function respond(res: ServerResponse, received: Received): void {
  res.setHeader('Content-Type', 'application/json').end(JSON.stringify(received));
}

/** Returns what a server received. */
function receivedBy(req: IncomingMessage): Received {
  return {
    url: req.url ?? '',
    ids: sentValues(req, 'x-request-id'),
    baggage: sentValues(req, 'baggage'),
  };
}
