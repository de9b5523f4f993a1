import { readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createHttp2Server, createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { generate } from 'selfsigned';
import { serve } from '../../kit/serve.js';
import { watchNode } from '../../kit/watch-node.js';
import { catchErrors } from './catch-errors.js';
import { createClient } from './client.js';
import { expressApp } from './frameworks/express.js';
import { fastifyApp } from './frameworks/fastify.js';
import { koaApp } from './frameworks/koa.js';
import { nodeHttp } from './frameworks/node-http.js';
import { Outside } from './outside.js';
import { Probe } from './probe.js';
import { describe, Recorder, tagOf } from './recorder.js';
import { wrap } from './wrappers.js';

/** @type {Record<string, (surroundings: any) => any>} */
const frameworks = {
  node: nodeHttp,
  express4: expressApp('express4'),
  express5: expressApp('express'),
  koa2: koaApp('koa2'),
  koa3: koaApp('koa'),
  fastify4: fastifyApp('fastify4'),
  fastify5: fastifyApp('fastify'),
};

/** Milliseconds between looks at an app, and the number of looks without change after which it is at rest. */
const look = 10;
const looks = 10;

/** @type {{ key: string, cert: string } | undefined} */
let certificate;

async function makeCertificate() {
  const name = [{ name: 'commonName', value: 'localhost' }];
  const { private: key, cert } = await generate(name, { keyType: 'ec' });
  return { key, cert };
}

/** @param {string} transport @param {any} [listener] */
function makeServer(transport, listener) {
  switch (transport) {
    case 'https':
      return createHttpsServer({ ...certificate }, listener);
    case 'h2c':
      return createHttp2Server({}, listener);
    case 'h2':
      return createSecureServer({ ...certificate, allowHTTP1: true }, listener);
    default:
      return createServer({ keepAliveTimeout: 60_000 }, listener);
  }
}

/**
 * Runs an app, with the library or without, and returns all observations.
 *
 * @param {any} app
 * @param {any} library - Undefined in the run without the library.
 */
export async function runApp(app, library) {
  const recorder = new Recorder(() => library?.getRequestId());
  const outside = new Outside();
  const openBefore = countSockets();
  const probe = await Probe.open(recorder);
  if (app.domain === 'early') await import('node:domain');
  const changes = watchNode();
  /** @type {(() => boolean)[]} */
  const wrapped = [];
  const wrapAt = (/** @type {string} */ when) => {
    for (const wrapper of app.wrappers) {
      if (wrapper.when === when) wrapped.unshift(wrap(wrapper, recorder));
    }
  };

  const stopCatching = catchErrors(app, recorder, () => probe.ping());
  const backend = createServer((req, res) => {
    req.resume();
    res.setHeader('Set-Cookie', ['a=1', 'b=2']);
    res.end(`backend ${req.method} ${req.url}`);
  });
  const usesBackend = app.middlewares.some((/** @type {string} */ name) => /^proxy/.test(name));
  const servedBackend = usesBackend ? await serve(backend) : undefined;

  wrapAt('before');
  /** @type {ReturnType<typeof createClient>[]} */
  const clients = [];
  /** @type {any} */
  let server;
  const surroundings = {
    app,
    library,
    recorder,
    outside,
    backend: () => servedBackend?.url,
    leave: (/** @type {string} */ tag, /** @type {string} */ how) =>
      clients[Number(tag.split('.')[0])]?.leave(how),
    serverFactory(/** @type {any} */ handler) {
      server = makeServer(app.transport, handler);
      return server;
    },
  };
  const build = frameworks[app.framework];
  if (['https', 'h2'].includes(app.transport)) certificate ??= await makeCertificate();
  const { listener, fastify } = build?.(surroundings) ?? {};
  if (fastify !== undefined) await fastify.ready();
  else server = makeServer(app.transport, listener);

  if (app.mount.by !== 'middleware' && library) library.nodeHttp.attach(server);
  addServerListeners(app, server, recorder);
  wrapAt('built');
  const { port } = await serve(server);

  // The first connection runs alone, so that late wrappers come between two requests for sure.
  /** @type {Promise<unknown>[]} */
  const runs = [];
  for (const [n, connection] of app.connections.entries()) {
    const client = createClient(connection, n, { port, transport: app.transport });
    clients.push(client);
    const run = client.run();
    runs.push(run);
    if (n === 0 || app.isSerial) await untilDone([client], [run], recorder);
    if (n === 0) wrapAt('later');
  }
  await untilDone(clients, runs, recorder);

  const closed = new Promise((resolve) => server.close(resolve));
  const sockets = await untilClosed(server, closed, recorder);
  if (fastify !== undefined) await fastify.close().catch(() => {});
  await servedBackend?.close();
  await probe.ping();
  await probe.close();
  await settle();
  outside.close();
  const opened = countSockets() - openBefore;
  stopCatching();
  // A domain leaves its marks on a process.
  let isClean = app.domain === 'none';
  for (const unwrap of wrapped) isClean = unwrap() && isClean;

  return {
    isClean,
    changes: changes().join('\n'),
    open: `${sockets}, ${opened} descriptors`,
    ofProcess: recorder.ofProcess,
    connections: clients.map(({ replies, ended }) => ({ replies: [...replies], ended })),
    requests: Object.fromEntries(
      [...recorder.requests].map(([tag, { entries, id }]) => [tag, { entries, id: String(id) }]),
    ),
  };
}

/** Returns the number of the process's open sockets; 0 where there is no /proc. */
function countSockets() {
  if (process.platform !== 'linux') return 0;
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      // The descriptor that readdirSync used.
      return false;
    }
  }).length;
}

/**
 * Adds an application's listeners to a server, ahead of the others.
 *
 * @param {any} app
 * @param {any} server
 * @param {Recorder} recorder
 */
function addServerListeners(app, server, recorder) {
  // Fastify's plugin attaches to the server, unless it is encapsulated.
  const isAtServer =
    app.mount.by !== 'middleware' || (app.framework.startsWith('fastify') && !app.mount.nested);
  server.prependListener('request', (/** @type {any} */ req, /** @type {any} */ res) => {
    const tag = tagOf(req);
    if (tag === undefined) return;
    const record = recorder.of(tag);
    if (isAtServer) record.isEntered = true;
    recorder.note(tag, 'server', 'request');
    for (const name of app.early) {
      const [on, event] = name.split('.');
      const target = on === 'req' ? req : res;
      target.on(event, (/** @type {unknown} */ first) => {
        recorder.note(
          tag,
          on,
          `early ${event}${first instanceof Error ? ` ${describe(first)}` : ''}`,
        );
      });
    }
  });
  for (const event of app.serverEvents) {
    if (event === 'upgrade' || event === 'connect') {
      server.on(
        event,
        (/** @type {any} */ req, /** @type {any} */ socket, /** @type {any} */ head) =>
          tunnel(app, event, req, socket, head, recorder),
      );
    } else if (event === 'checkContinue') {
      server.on(event, (/** @type {any} */ req, /** @type {any} */ res) => {
        recorder.note(tagOf(req), 'server', event);
        res.writeContinue();
        server.emit('request', req, res);
      });
    } else if (event === 'clientError') {
      server.on(event, (/** @type {any} */ error, /** @type {any} */ socket) => {
        recorder.note(undefined, 'server', `clientError ${error.code}`);
        if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
        else socket.destroy();
      });
    } else {
      server.on(event, (/** @type {any} */ req) => {
        recorder.note(tagOf(req), 'server', event);
      });
    }
  }
}

/**
 * @param {any} app
 * @param {string} event
 * @param {any} req
 * @param {any} socket
 * @param {Buffer} head
 * @param {Recorder} recorder
 */
function tunnel(app, event, req, socket, head, recorder) {
  const tag = tagOf(req);
  // HTTP/2 passes a response. Tunnels of HTTP/2 are not tested here.
  if (typeof socket.writeHead === 'function') return socket.end();
  if (tag !== undefined && app.mount.by !== 'middleware') recorder.of(tag).isEntered = true;
  recorder.note(tag, 'server', `${event} ${head.length}`);
  for (const name of ['error', 'end', 'close'])
    socket.on(name, () => recorder.note(tag, 'tunnel', name));
  if (app.tunnels === 'refuse') {
    socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
    return;
  }
  if (app.tunnels === 'destroy') return socket.destroy();
  const status = event === 'upgrade' ? '101 Switching Protocols' : '200 OK';
  socket.write(`HTTP/1.1 ${status}\r\n\r\n`, () => recorder.note(tag, 'callback', 'tunnel'));
  socket.on('data', (/** @type {Buffer} */ data) => {
    recorder.note(tag, 'tunnel', `data ${data}`);
    socket.write(data);
  });
  socket.on('end', () => socket.end());
}

/**
 * Waits until all clients are done. Hangs up the clients once nothing happens any more.
 *
 * @param {any[]} clients
 * @param {any[]} runs
 * @param {Recorder} recorder
 */
async function untilDone(clients, runs, recorder) {
  const state = () => recorder.activity + clients.reduce((sum, client) => sum + client.bytes, 0);
  let before = -1;
  let same = 0;
  const timer = setInterval(() => {
    const now = state();
    same = now === before ? same + 1 : 0;
    before = now;
    if (same >= looks) for (const client of clients) client.hang();
  }, look);
  await Promise.all(runs);
  clearInterval(timer);
  // Handlers may outlive their clients.
  for (let turn = 0; turn < 100 && recorder.pending > 0; turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 2));
  if (recorder.pending > 0) recorder.note(undefined, 'process', `${recorder.pending} never finish`);
  recorder.pending = 0;
}

/**
 * @param {any} server
 * @param {Promise<unknown>} closed
 * @param {Recorder} recorder
 * @returns {Promise<string>} What was still open, if anything.
 */
async function untilClosed(server, closed, recorder) {
  let left = 'nothing';
  let before = -1;
  let same = 0;
  const timer = setInterval(() => {
    same = recorder.activity === before ? same + 1 : 0;
    before = recorder.activity;
    if (same < looks * 3) return;
    server.getConnections((/** @type {unknown} */ _error, /** @type {number} */ count) => {
      left = `${count} connections`;
    });
    server.closeAllConnections?.();
    for (const handle of /** @type {any} */ (process)._getActiveHandles()) {
      if (handle.server === server) handle.destroy();
    }
  }, look);
  await closed;
  clearInterval(timer);
  return left;
}

async function settle() {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setTimeout(resolve, 2));
  await new Promise((resolve) => setImmediate(resolve));
}
