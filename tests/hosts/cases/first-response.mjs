// A middleware ahead of the adapter replaces the response's writeHead, and later replaces or removes the id's header. The
// first responses of the process still carry the id. Arguments: the host, and the middleware.
import { createServer } from 'node:http';
import {
  ask,
  finish,
  holds,
  isBare,
  listen,
  loadLibrary,
  require,
  same,
  variant,
} from './support/case.mjs';

const [host = '', ahead = ''] = variant;
const makers = {
  'on-headers': () => (_req, res, next) => {
    require('on-headers')(res, () => res.setHeader('X-Ahead', '1'));
    next();
  },
  'response-time': () => require('response-time')(),
  compression: () => require('compression')({ threshold: 0 }),
  'express-session': () =>
    require('express-session')({ secret: 'x', resave: false, saveUninitialized: true }),
};
const middleware = makers[ahead]();

async function listenerOf() {
  if (host.startsWith('express')) {
    const library = await loadLibrary('express', 'require');
    const app = require(host === 'express 4' ? 'express4' : 'express')();
    app.use(middleware);
    if (!isBare) app.use(library.requestId());
    app.get('/replaced', (_req, res) => {
      res.writeHead(200, { 'X-Request-ID': 'other', 'Content-Type': 'text/plain' });
      res.end('x'.repeat(100));
    });
    app.get('/removed', (_req, res) => {
      res.removeHeader('X-Request-ID');
      res.type('text').send('x'.repeat(100));
    });
    return app;
  }
  if (host.startsWith('koa')) {
    const library = await loadLibrary('koa', 'require');
    const Koa = require(host === 'koa 2' ? 'koa2' : 'koa');
    const app = new Koa();
    app.silent = true;
    app.use((ctx, next) =>
      new Promise((resolve) => middleware(ctx.req, ctx.res, resolve)).then(next),
    );
    if (!isBare) app.use(library.requestId());
    // The host's error page removes all headers.
    app.use((ctx) => ctx.throw(400, 'no'));
    return app.callback();
  }
  const library = await loadLibrary('node-http');
  const listener = (req, res) => {
    res.removeHeader('X-Request-ID');
    res.writeHead(200, req.url === '/replaced' ? { 'x-request-id': 'other' } : {});
    res.end('x');
  };
  const connect = require('connect')();
  connect.use(middleware);
  if (!isBare) connect.use(library.requestId());
  connect.use(listener);
  return connect;
}

const server = await listen(createServer(await listenerOf()));
const sent = [];
const echoed = [];
const others = [];
for (const [index, path] of ['/replaced', '/removed', '/replaced', '/removed'].entries()) {
  sent.push(`r${index}`);
  const { status, id, headers } = await ask(server, {
    path,
    id: `r${index}`,
    headers: { 'Accept-Encoding': 'gzip' },
  });
  echoed.push(id);
  const {
    'x-request-id': _id,
    date: _date,
    'set-cookie': cookie,
    'x-response-time': time,
    ...rest
  } = headers ?? {};
  others.push({ status, ...rest, cookie: cookie !== undefined, time: time !== undefined });
}
holds('ids of the first responses', sent, echoed);
same('their other headers', others);
finish();
