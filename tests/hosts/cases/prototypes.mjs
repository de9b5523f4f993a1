// Nothing of Node's own is replaced by loading the library and serving.
// Argument: what serves.
import { EventEmitter } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import stream from 'node:stream';
import tls from 'node:tls';
import { generate } from 'selfsigned';
import {
  ask,
  finish,
  holds,
  isBare,
  listen,
  loadLibrary,
  mount,
  once,
  portOf,
  require,
  same,
  sendRaw,
  variant,
} from './support/case.mjs';
import { bothBuilds, hosts, serveBy } from './support/hosts.mjs';

const [what = ''] = variant;

/** @type {Record<string, object>} */
const objects = {
  http,
  https,
  http2,
  net,
  EventEmitter,
  'http.IncomingMessage': http.IncomingMessage,
  'http.ServerResponse': http.ServerResponse,
  'http.IncomingMessage.prototype': http.IncomingMessage.prototype,
  'http.ServerResponse.prototype': http.ServerResponse.prototype,
  'http.OutgoingMessage.prototype': http.OutgoingMessage.prototype,
  'http.ClientRequest.prototype': http.ClientRequest.prototype,
  'http.Agent.prototype': http.Agent.prototype,
  'http.Server.prototype': http.Server.prototype,
  'https.Server.prototype': https.Server.prototype,
  'http2.Http2ServerRequest.prototype': http2.Http2ServerRequest.prototype,
  'http2.Http2ServerResponse.prototype': http2.Http2ServerResponse.prototype,
  'http2 server prototype': Object.getPrototypeOf(http2.createServer()),
  'http2 secure server prototype': Object.getPrototypeOf(http2.createSecureServer()),
  'net.Server.prototype': net.Server.prototype,
  'net.Socket.prototype': net.Socket.prototype,
  'tls.Server.prototype': tls.Server.prototype,
  'tls.TLSSocket.prototype': tls.TLSSocket.prototype,
  'stream.Readable.prototype': stream.Readable.prototype,
  'stream.Writable.prototype': stream.Writable.prototype,
  'stream.Duplex.prototype': stream.Duplex.prototype,
  'EventEmitter.prototype': EventEmitter.prototype,
};

/** Some properties of Node's modules are getters that load something: only the descriptors are read. */
function snapshot() {
  return new Map(
    Object.entries(objects).map(([name, object]) => [
      name,
      {
        prototype: Object.getPrototypeOf(object),
        isExtensible: Object.isExtensible(object),
        keys: Reflect.ownKeys(object),
        descriptors: new Map(
          Reflect.ownKeys(object).map((key) => [key, Object.getOwnPropertyDescriptor(object, key)]),
        ),
      },
    ]),
  );
}

/** @param {ReturnType<typeof snapshot>} before @param {ReturnType<typeof snapshot>} after */
function changes(before, after) {
  const found = [];
  for (const [name, was] of before) {
    const is = after.get(name);
    if (is === undefined) throw new Error(name);
    if (is.prototype !== was.prototype) found.push(`${name}: another prototype`);
    if (is.isExtensible !== was.isExtensible) found.push(`${name}: extensible`);
    const isOrder = is.keys.every((key, index) => key === was.keys[index]);
    if (!isOrder && is.keys.length === was.keys.length) found.push(`${name}: order of keys`);
    for (const key of new Set([...was.keys, ...is.keys])) {
      const old = was.descriptors.get(key);
      const now = is.descriptors.get(key);
      const fields = new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})]);
      for (const field of fields) {
        if (!Object.is(old?.[field], now?.[field])) {
          found.push(
            `${name}.${String(key)}: ${field} ${now === undefined ? 'removed' : 'changed'}`,
          );
        }
      }
    }
  }
  return found;
}

async function secrets() {
  const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }]);
  return { key, cert };
}

const secret = what === 'TLS' || what.includes('HTTP1') ? await secrets() : {};

const listener = (req, res) => {
  req.resume();
  req.on('end', () => res.end(getRequestId?.()));
  res.on('finish', () => {});
};
let getRequestId;

async function exercise(server) {
  const paths = ['/', '/framework', '/other'];
  for (const path of paths) {
    const { status, id } = await ask(server, { path, id: 'myid', method: 'POST', body: 'x' });
    holds(`id of ${path}`, ['myid', true], [id, status < 500]);
  }
  const upgrade = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';
  server.once('upgrade', (_req, socket) => {
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
  });
  await sendRaw(server, upgrade);
}

/** @param {import("node:http2").ClientHttp2Session} session */
async function overHttp2(session) {
  for (const path of ['/', '/other']) {
    const request = session.request({ ':path': path, 'x-request-id': 'myid' });
    const [headers] = await once(request, 'response');
    holds(`id of ${path} by HTTP/2`, 'myid', headers['x-request-id']);
    request.resume();
    await once(request, 'close');
  }
  session.close();
}

async function overTls(server) {
  const target = {
    host: '127.0.0.1',
    port: portOf(server),
    rejectUnauthorized: false,
    agent: false,
  };
  for (const path of ['/', '/other']) {
    const request = https.get({ ...target, path, headers: { 'X-Request-ID': 'myid' } });
    const [response] = await once(request, 'response');
    holds(`id of ${path} by TLS`, 'myid', response.headers['x-request-id']);
    response.resume();
    await once(response, 'close');
  }
}

const others = {
  async TLS() {
    getRequestId = (await loadLibrary('node-http'))?.getRequestId;
    for (const how of ['withRequestId', 'attach']) {
      const create = (each) => https.createServer(secret, each);
      await overTls(await mount(how, listener, { create }));
    }
  },
  async 'HTTP/2'() {
    const server = await mount('withRequestId', listener, { create: http2.createServer });
    await overHttp2(http2.connect(`http://127.0.0.1:${portOf(server)}`));
  },
  async 'HTTP/2, allowHTTP1'() {
    const create = (each) => http2.createSecureServer({ ...secret, allowHTTP1: true }, each);
    for (const how of ['withRequestId', 'attach']) {
      const server = await mount(how, listener, { create });
      const url = `https://127.0.0.1:${portOf(server)}`;
      await overHttp2(http2.connect(url, { rejectUnauthorized: false }));
      await overTls(server);
    }
  },
  async 'fastify inject()'() {
    const library = await loadLibrary('fastify');
    const app = require('fastify')();
    if (library !== undefined) app.register(library.requestId);
    app.get('/', async () => 'ok');
    for (let round = 0; round < 2; round++) {
      const { headers } = await app.inject({ url: '/', headers: { 'x-request-id': 'myid' } });
      holds('id of inject()', 'myid', headers['x-request-id']);
    }
  },
  async 'express, twice'() {
    const library = await loadLibrary('express');
    for (const name of ['express', 'express4', 'express']) {
      const factory = require(name);
      const app = factory();
      const inner = factory();
      if (!isBare) for (const each of [app, inner]) each.use(library.requestId());
      app.use('/inner', inner);
      app.use(listener);
      await exercise(await listen(http.createServer(app)));
    }
  },
};

const before = snapshot();
if (what === 'both builds') {
  for (const load of bothBuilds) {
    const { create } = await load(listener);
    await exercise(await listen(create()));
  }
} else if (Object.hasOwn(hosts, what)) {
  await exercise(await serveBy(what, listener));
} else {
  await others[what]();
}
same("what is changed of Node's", changes(before, snapshot()));
finish();
