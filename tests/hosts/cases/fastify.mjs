// Fastify's own generators of ids, upgrades, and requests that do not come by its server.
// Arguments: package, what is tried.
import {
  holds,
  isBare,
  loadLibrary,
  require,
  runCase,
  same,
  sendRaw,
  variant,
} from './support/case.mjs';

const [name = '', what = ''] = variant;
const library = await loadLibrary('fastify');
const factory = require(name);
const register = (app, options) => (isBare ? undefined : app.register(library.requestId, options));

/** Checks that request.id, the context, the response and each log line have one id. */
async function oneId(setUp) {
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
  const response = await fetch(await app.listen({ port: 0, host: '127.0.0.1' }), { headers });
  const echoed = response.headers.get('x-request-id');
  const body = await response.json();
  await app.close();
  same('status', response.status);
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
const resultOf = ({ statusCode, headers, multiValueHeaders }) => ({
  status: statusCode,
  id: headers?.['x-request-id'] ?? multiValueHeaders?.['x-request-id']?.[0],
});

const cases = {
  'setGenReqId in an encapsulated plugin': () =>
    oneId(async (app, route) => {
      await register(app);
      await app.register(async (child) => {
        child.setGenReqId(() => 'childs-own');
        route(child);
      });
    }),
  'setGenReqId after ours': () =>
    oneId(async (app, route) => {
      await register(app);
      app.setGenReqId(() => 'late');
      route(app);
    }),
  'setGenReqId before ours': () =>
    oneId(async (app, route) => {
      app.setGenReqId(() => 'early');
      await register(app);
      route(app);
    }),
  'malformed URL by inject()': () =>
    malformed(async (app) => resultOf(await app.inject({ url: '/%zz', headers: event.headers }))),
  'malformed URL by @fastify/aws-lambda': () =>
    malformed(async (app) => {
      const lambda = require('@fastify/aws-lambda');
      return resultOf(await (lambda.default ?? lambda)(app)(event, {}));
    }),
  'malformed URL by serverless-http': () =>
    malformed(async (app) => {
      const serverless = require('serverless-http');
      await app.ready();
      return resultOf(await (serverless.default ?? serverless)(app)(event, {}));
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

await runCase(cases, [what]);
