// Frameworks that accept middlewares for node:http or Koa. Arguments: the framework, and its variant.
import { createServer } from 'node:http';
import {
  ask,
  holds,
  listen,
  loadLibrary,
  messageOf,
  portOf,
  require,
  runCase,
  same,
  surviveUncaught,
  waitFor,
} from './support/case.mjs';

const uncaught = surviveUncaught();
const nodeHttp = await loadLibrary('node-http');
const requestId = nodeHttp?.requestId ?? (() => (_req, _res, next) => next());
const getRequestId = () => nodeHttp?.getRequestId();

function attempt(task) {
  try {
    return task();
  } catch (error) {
    return `threw ${messageOf(error)}`;
  }
}

/** Sends three requests. Each response must carry its id, and each handler must see it. */
async function askThrice(server, path = '/') {
  for (const id of ['id-1', 'id-2', 'id-3']) {
    const response = await ask(server, { path, id });
    same(`${id}: status`, response.error ?? response.status);
    holds(`${id}: id of the response`, id, response.id);
    holds(`${id}: id in the handler`, id, response.body);
  }
}

/** Opens a WebSocket with an id. */
function openWebSocket(server, path, id) {
  const { WebSocket } = require('ws');
  const url = `ws://127.0.0.1:${portOf(server)}${path}`;
  const socket = new WebSocket(url, { headers: { 'X-Request-ID': id } });
  socket.on('error', () => {});
  return socket;
}

const sendId = (_req, res) => res.end(getRequestId());

const cases = {
  /** Before version 6.6.5, engine.io passes its middlewares a response that is no emitter. */
  async 'engine.io'(name, transport) {
    const server = createServer();
    const engine = require(name).attach(server);
    let connected = 0;
    let within;
    engine.use(requestId());
    engine.use((req, _res, next) => {
      within = [req.id, getRequestId()];
      next();
    });
    engine.on('connection', (socket) => {
      connected++;
      socket.close();
    });
    await listen(server);
    const path = `/engine.io/?EIO=4&transport=${transport}`;
    for (let round = 1; round <= 2; round++) {
      if (transport === 'websocket') {
        openWebSocket(server, path, 'myid');
        await waitFor(() => connected >= round || uncaught.length > 0);
        continue;
      }
      const { status, id } = await ask(server, { path, id: 'myid' });
      same(`status ${round}`, status);
      holds(`id of the response ${round}`, 'myid', id);
    }
    same('connections', connected);
    // engine.io 6.6.5 and later await each middleware, which ends the scope without attach().
    const awaits = name === 'engine.io';
    holds('ids in the middleware behind', ['myid', awaits ? null : 'myid'], within);
  },
  async restify(how) {
    process.removeAllListeners('warning');
    process.on('warning', () => {});
    const restify = require('restify');
    const server = restify.createServer();
    if (how === 'use') server.use(requestId());
    else server.pre(requestId());
    if (how.includes('reqIdHeaders')) {
      server.pre(restify.plugins.pre.reqIdHeaders({ headers: ['x-request-id'] }));
    }
    server.get('/', (req, res, next) => {
      res.send({
        isMethod: typeof req.id === 'function',
        ids: [getRequestId(), attempt(() => req.id()), attempt(() => req.getId())],
      });
      next();
    });
    await listen(server.server);
    for (const id of ['id-1', 'id-2']) {
      const response = await ask(server.server, { id });
      same(`${id}: status`, response.error ?? response.status);
      const { isMethod, ids } = attempt(() => JSON.parse(response.body ?? ''));
      same(`${id}: req.id is a method`, isMethod);
      holds(`${id}: getRequestId(), req.id(), req.getId()`, [id, id, id], ids);
      holds(`${id}: id of the response`, id, response.id);
    }
  },
  async 'koa-websocket'(how) {
    const koa = await loadLibrary('koa');
    const app = require('koa-websocket')(new (require(how === 'koa 2' ? 'koa2' : 'koa'))());
    const ids = [];
    const failed = [];
    app.ws.use((_ctx, next) => next().catch((error) => failed.push(messageOf(error))));
    if (koa !== undefined) app.ws.use(koa.requestId());
    if (koa !== undefined) app.ws.use(koa.requestId({ echo: false }));
    app.ws.use((ctx) => {
      ids.push(koa?.getRequestId());
      ctx.websocket.close();
    });
    // It wraps listen().
    const server = app.listen(0, '127.0.0.1');
    await waitFor(() => server.listening);
    for (const id of ['id-1', 'id-2']) {
      let isClosed = false;
      openWebSocket(server, '/', id).on('close', () => {
        isClosed = true;
      });
      await waitFor(() => isClosed || failed.length > 0);
    }
    same('errors of the middlewares', failed);
    same('connections', ids.length);
    holds('ids', ['id-1', 'id-2'], ids);
  },
  async polka() {
    const app = require('polka')();
    app.use(requestId());
    app.get('/', sendId);
    app.listen(0, '127.0.0.1');
    await waitFor(() => app.server?.listening);
    await askThrice(app.server);
  },
  async h3(how) {
    const { createApp, eventHandler, fromNodeMiddleware, toNodeListener } = require('h3');
    const app = createApp();
    if (how === 'middleware') {
      app.use(fromNodeMiddleware(requestId()));
      // h3 awaits its middlewares, so later code finds the id on the request.
      app.use(eventHandler((event) => event.node.req.id ?? ''));
      await askThrice(await listen(createServer(toNodeListener(app))));
    } else {
      app.use(eventHandler(() => getRequestId() ?? ''));
      const listener = toNodeListener(app);
      const server = createServer(nodeHttp?.withRequestId(listener) ?? listener);
      await askThrice(await listen(server));
    }
  },
  async 'serverless-http'() {
    const serverless = require('serverless-http');
    const connect = require('connect')();
    connect.use(requestId());
    connect.use(sendId);
    const express = await loadLibrary('express', 'require');
    const app = require('express')();
    if (express !== undefined) app.use(express.requestId());
    app.get('/', sendId);
    const koa = await loadLibrary('koa', 'require');
    const koaApp = new (require('koa'))();
    if (koa !== undefined) koaApp.use(koa.requestId());
    koaApp.use((ctx) => {
      ctx.body = getRequestId() ?? '';
    });
    for (const [name, each] of Object.entries({ connect, express: app, koa: koaApp })) {
      const handler = (serverless.default ?? serverless)(each);
      for (const id of ['id-1', 'id-2']) {
        const event = {
          httpMethod: 'GET',
          path: '/',
          headers: { 'x-request-id': id },
          requestContext: {},
        };
        const { statusCode, headers, multiValueHeaders, body } = await handler(event, {});
        same(`${name}, ${id}: status`, statusCode);
        const echoed = headers?.['x-request-id'] ?? multiValueHeaders?.['x-request-id']?.[0];
        holds(`${name}, ${id}: ids`, [id, id], [echoed, body]);
      }
    }
  },
};
await runCase(cases);
