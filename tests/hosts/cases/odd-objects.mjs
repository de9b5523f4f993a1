// Requests and responses unlike those that Node creates. Nothing throws that does not throw without the library.
// Argument: what is odd.
import { EventEmitter } from 'node:events';
import http, { createServer, IncomingMessage, ServerResponse } from 'node:http';
import net from 'node:net';
import {
  ask,
  holds,
  listen,
  loadLibrary,
  mount,
  require,
  runCase,
  same,
  surviveUncaught,
} from './support/case.mjs';
import { serveBy } from './support/hosts.mjs';

surviveUncaught();
const library = await loadLibrary('node-http');
const requestId = library?.requestId ?? (() => (_req, _res, next) => next());

/** Sends requests to a host's server. */
async function serve(host) {
  const listener = (_req, res) => res.writeHead(200, { 'X-Own': 'b' }).end('ok');
  await askAll(await serveBy(host, listener), ['/', '/framework', '/other']);
}

async function askAll(server, paths = ['/', '/other']) {
  for (const path of paths) {
    const { status, id, error } = await ask(server, { path, id: 'myid' });
    same(`${path}: status`, status ?? error);
    if (status === 200) holds(`${path}: id`, 'myid', id);
  }
}

function makeReadOnly(prototype) {
  for (const key of Reflect.ownKeys(prototype)) {
    const { value } = Object.getOwnPropertyDescriptor(prototype, key);
    if (typeof value !== 'function') continue;
    Object.defineProperty(prototype, key, { writable: false, configurable: false });
  }
  Object.preventExtensions(prototype);
}

const cases = {
  async 'frozen prototypes'(host) {
    Object.freeze(IncomingMessage.prototype);
    makeReadOnly(ServerResponse.prototype);
    await serve(host);
  },
  async 'prototypes frozen after loading'(host) {
    for (const name of ['node-http', 'express', 'koa', 'fastify'])
      await loadLibrary(name, 'require');
    Object.freeze(IncomingMessage.prototype);
    makeReadOnly(ServerResponse.prototype);
    makeReadOnly(http.Server.prototype);
    await serve(host);
  },
  async 'frozen EventEmitter.prototype'(host) {
    makeReadOnly(EventEmitter.prototype);
    makeReadOnly(net.Server.prototype);
    await serve(host);
  },
  async 'a frozen server'() {
    const server = await mount('withRequestId', (_req, res) => res.end('ok'));
    Object.preventExtensions(server);
    await askAll(server);
  },
  async 'methods that are read-only'() {
    // Frozen objects break Node itself; read-only properties do not.
    const listener = (request, response) => {
      for (const object of [request, response]) {
        for (const name of ['emit', 'writeHead', 'write', 'end', 'id']) {
          if (name in object || name === 'id')
            Object.defineProperty(object, name, { value: object[name] });
        }
      }
      requestId()(request, response, () => response.end('ok'));
    };
    await askAll(await listen(createServer(listener)));
  },
  async 'id is an accessor'() {
    class AppRequest extends IncomingMessage {
      get id() {
        return this.headers['x-request-id'];
      }
    }
    const create = (listener) => createServer({ IncomingMessage: AppRequest }, listener);
    const plain = await mount('withRequestId', (_req, res) => res.end('ok'), { create });
    const express = await loadLibrary('express', 'require');
    const servers = { 'node:http': plain };
    for (const name of ['express', 'express4']) {
      const app = require(name)();
      app.set('env', 'test');
      Object.defineProperty(app.request, 'id', {
        get() {
          return this.get('X-Request-ID');
        },
      });
      if (express !== undefined) app.use(express.requestId());
      app.get('/', (_req, res) => res.send('ok'));
      servers[name] = await listen(createServer(app));
    }
    for (const [name, server] of Object.entries(servers)) {
      for (const round of [1, 2]) {
        const { status, id, error } = await ask(server, { id: 'myid' });
        same(`${name}: status ${round}`, status ?? error);
        holds(`${name}: id ${round}`, 'myid', id);
      }
    }
  },
};

await runCase(cases);
