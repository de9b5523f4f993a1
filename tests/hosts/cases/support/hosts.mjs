// The frameworks, each with the same routes, with the library and without it.
import { listen, loadLibrary, require } from './case.mjs';

/**
 * @typedef {object} Host
 * @property {(prepare?: (server: import('node:http').Server) => void) => import('node:http').Server} create -
 *   Creates the server from modules that are already loaded, and calls `prepare` before the library sees it.
 * @property {() => Promise<unknown>} [ready] - Resolves once the server can listen.
 */

/** @typedef {(routes: Listener) => Promise<Host>} HostLoader */
/** @typedef {(req: any, res: any, body?: unknown) => unknown} Listener */

/** @param {'import' | 'require'} how @returns {HostLoader} */
const plain = (how) => async (listener) => {
  const library = await loadLibrary('node-http', how);
  const { createServer } = require('node:http');
  return {
    create(prepare) {
      const server = createServer(library?.withRequestId(listener) ?? listener);
      prepare?.(server);
      return server;
    },
  };
};

/** @type {HostLoader} */
const attached = async (listener) => {
  const library = await loadLibrary('node-http');
  const { createServer } = require('node:http');
  return {
    create(prepare) {
      const server = createServer(listener);
      prepare?.(server);
      library?.attach(server);
      return server;
    },
  };
};

/** @param {string} name @param {boolean} [attaches] @returns {HostLoader} */
const express = (name, attaches) => async (listener) => {
  const library = await loadLibrary('express', 'require');
  const nodeHttp = attaches ? await loadLibrary('node-http', 'require') : undefined;
  const { createServer } = require('node:http');
  const factory = require(name);
  return {
    create(prepare) {
      const app = factory();
      if (library !== undefined) app.use(library.requestId());
      app.use(listener);
      const server = createServer(app);
      prepare?.(server);
      nodeHttp?.attach(server);
      return server;
    },
  };
};

/** @param {string} name @returns {HostLoader} */
const koa = (name) => async (listener) => {
  const library = await loadLibrary('koa', 'require');
  const { createServer } = require('node:http');
  const Koa = require(name);
  return {
    create(prepare) {
      const app = new Koa();
      if (library !== undefined) app.use(library.requestId());
      app.use((/** @type {any} */ ctx) => {
        // Koa sends the body, or the listener writes the response.
        if (ctx.path.startsWith('/framework')) {
          ctx.body = { url: ctx.url };
          return;
        }
        ctx.respond = false;
        ctx.res.statusCode = 200;
        listener(ctx.req, ctx.res);
      });
      const server = createServer(app.callback());
      prepare?.(server);
      return server;
    },
  };
};

/** @param {string} name @returns {HostLoader} */
const fastify = (name) => async (listener) => {
  const library = await loadLibrary('fastify', 'require');
  const factory = require(name);
  /** @type {any} */
  let app;
  return {
    create(prepare) {
      app = factory();
      prepare?.(app.server);
      if (library !== undefined) app.register(library.requestId);
      app.addHook('onRequest', async function ownHook() {});
      app.removeAllContentTypeParsers();
      app.addContentTypeParser('*', (_request, _payload, done) => done(null));
      app.all('/framework', async (request) => ({ url: request.url }));
      app.all('/*', (request, reply) => {
        reply.hijack();
        listener(request.raw, reply.raw);
      });
      return app.server;
    },
    ready: () => app.ready(),
  };
};

/** @type {Readonly<Record<string, HostLoader>>} */
export const hosts = {
  'node:http': plain('import'),
  attach: attached,
  'express 4': express('express4'),
  'express 5': express('express'),
  'express 5, attach': express('express', true),
  'koa 2': koa('koa2'),
  'koa 3': koa('koa'),
  'fastify 4': fastify('fastify4'),
  'fastify 5': fastify('fastify'),
};

/** Serves a listener by a host. @param {string} name @param {Listener} listener */
export async function serveBy(name, listener) {
  const { create, ready } = await hosts[name](listener);
  const server = create();
  await ready?.();
  return listen(server);
}

/** The ES module build and the CommonJS build, side by side. */
export const bothBuilds = [plain('import'), plain('require')];
