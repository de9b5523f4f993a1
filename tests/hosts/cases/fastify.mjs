// Fastify's own generators of ids, upgrades, and requests that do not come by its server.
// Arguments: package, what is tried.
import {
  finish,
  holds,
  isBare,
  loadLibrary,
  require,
  same,
  sendRaw,
  variant,
} from './support/case.mjs';

const [name = '', what = ''] = variant;
const library = await loadLibrary('fastify');
const factory = require(name);
const register = (app, options) => (isBare ? undefined : app.register(library.requestId, options));

/** Checks that request.id, the context, the response and each log line have one id. */
async function oneId(setUp, { byInject = false, path = '/' } = {}) {
  const logged = new Set();
  const write = (line) => {
    const { reqId } = JSON.parse(line);
    if (reqId !== undefined) logged.add(reqId);
  };
  const app = factory({ logger: { stream: { write } } });
  await setUp(app, (each) => {
    each.get('/', async (request) => {
      request.log.info('in the handler');
      return { id: request.id, context: library?.getRequestId() };
    });
  });
  const headers = { 'X-Request-ID': 'myid', 'Request-Id': 'unchecked, with "anything" in it' };
  let status;
  let echoed;
  let body;
  if (byInject) {
    const response = await app.inject({ url: path, headers });
    status = response.statusCode;
    echoed = response.headers['x-request-id'];
    body = response.json();
  } else {
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const response = await fetch(`${url}${path}`, { headers });
    status = response.status;
    echoed = response.headers.get('x-request-id');
    body = await response.json();
  }
  await app.close();
  same('status', status);
  const ids = {
    'request.id': body.id,
    context: body.context,
    response: echoed,
    logged: [...logged],
  };
  // Whichever it is, it is one, and none that nobody has checked.
  const isOne = new Set(Object.values(ids).flat()).size === 1 && /^[\w-]+$/.test(body.id);
  holds('one id everywhere', isOne ? ids : 'one id', ids);
}

const setUps = {
  'setGenReqId in an encapsulated plugin': async (app, route) => {
    await register(app);
    await app.register(async (child) => {
      child.setGenReqId(() => 'childs-own');
      route(child);
    });
  },
  'setGenReqId after ours': async (app, route) => {
    await register(app);
    app.setGenReqId(() => 'late');
    route(app);
  },
  'setGenReqId before ours': async (app, route) => {
    app.setGenReqId(() => 'early');
    await register(app);
    route(app);
  },
};

/** A URL that cannot be decoded, by inject() and by what is built on it. */
async function malformed(send) {
  const app = factory();
  await register(app);
  app.get('/', async () => 'ok');
  const { status, id } = await send(app);
  await app.close();
  same('status', status);
  holds('id of the response', 'myid', id);
}

const event = {
  httpMethod: 'GET',
  path: '/%zz',
  rawPath: '/%zz',
  rawQueryString: '',
  headers: { 'x-request-id': 'myid', host: 'a' },
  requestContext: { http: { method: 'GET', path: '/%zz', sourceIp: '127.0.0.1' }, identity: {} },
  body: null,
  isBase64Encoded: false,
};
const idIn = (headers, multi) => headers?.['x-request-id'] ?? multi?.['x-request-id']?.[0];

const cases = {
  'malformed URL by inject()': () =>
    malformed(async (app) => {
      const { statusCode, headers } = await app.inject({ url: '/%zz', headers: event.headers });
      return { status: statusCode, id: headers['x-request-id'] };
    }),
  'malformed URL by @fastify/aws-lambda': () =>
    malformed(async (app) => {
      const lambda = require('@fastify/aws-lambda');
      const proxy = (lambda.default ?? lambda)(app);
      const { statusCode, headers, multiValueHeaders } = await proxy(event, {});
      return { status: statusCode, id: idIn(headers, multiValueHeaders) };
    }),
  'malformed URL by serverless-http': () =>
    malformed(async (app) => {
      const serverless = require('serverless-http');
      await app.ready();
      const handler = (serverless.default ?? serverless)(app);
      const { statusCode, headers, multiValueHeaders } = await handler(event, {});
      return { status: statusCode, id: idIn(headers, multiValueHeaders) };
    }),
  async 'hooks before the plugin, by inject()'() {
    const app = factory();
    const seen = [];
    app.addHook('onRequest', (request, _reply, done) => {
      seen.push([request.id, library?.getRequestId()]);
      done();
    });
    await register(app);
    app.get('/', async () => 'ok');
    const { statusCode } = await app.inject({ url: '/', headers: event.headers });
    same('status', statusCode);
    holds('ids in the hook', [['myid', 'myid']], seen);
  },
  async "onInvalid: 'reject'"() {
    const app = factory();
    await register(app, { onInvalid: 'reject' });
    app.get('/', async () => 'ok');
    let upgrades = 0;
    app.server.on('upgrade', (_req, socket) => {
      upgrades++;
      socket.on('error', () => {});
      socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const heads = {
      request: 'Connection: close\r\n',
      upgrade: 'Connection: Upgrade\r\nUpgrade: x\r\n',
    };
    for (const [kind, head] of Object.entries(heads)) {
      const ask = (id) =>
        sendRaw(app.server, `GET / HTTP/1.1\r\nHost: a\r\n${head}X-Request-ID: ${id}\r\n\r\n`);
      const statusOf = (received) => received.split('\r\n')[0];
      same(`${kind} with a good id`, statusOf(await ask('good')));
      holds(`${kind} with a bad id`, 'HTTP/1.1 400 Bad Request', statusOf(await ask('bad id!')));
    }
    holds('upgrades that the application sees', 1, upgrades);
  },
};

const setUp = setUps[what];
if (setUp === undefined) await cases[what]();
else await oneId(setUp);
finish();
