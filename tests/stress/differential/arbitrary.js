import fc from 'fast-check';
import { hostileCount } from './client.js';
import { connectMiddlewares } from './frameworks/connect-middlewares.js';
import { fastifyPlugins } from './frameworks/fastify.js';
import { koaMiddlewares } from './frameworks/koa.js';
import { wrapperTargets } from './wrappers.js';

const names = ['X-A', 'x-b', 'Content-Type', 'Set-Cookie', 'Vary', 'Cache-Control', 'Connection'];
const values = {
  'X-A': ['1', 'two', ['a', 'b']],
  'x-b': ['b', 2],
  'Content-Type': ['text/plain', 'text/html; charset=utf-8'],
  'Set-Cookie': ['c=1', ['c=1', 'd=2']],
  Vary: ['Origin', '*'],
  'Cache-Control': ['no-transform', 'private'],
  Connection: ['close', 'keep-alive'],
};
const header = fc
  .constantFrom(...names)
  .chain((name) =>
    fc.tuple(
      fc.constant(name),
      fc.constantFrom(.../** @type {any[]} */ (values[/** @type {'X-A'} */ (name)])),
    ),
  );
const headers = fc.array(header, { maxLength: 3 });
const code = fc.oneof(
  { weight: 4, arbitrary: fc.constant(200) },
  { weight: 3, arbitrary: fc.constantFrom(201, 204, 304, 404, 500) },
);
const anyCode = fc.oneof(
  { weight: 20, arbitrary: code },
  { weight: 1, arbitrary: fc.constantFrom(0, 99, 1000) },
);
const reason = fc.option(fc.constantFrom('Fine', 'Not So Fine'), { nil: undefined, freq: 2 });
const size = fc.oneof(
  { weight: 6, arbitrary: fc.nat(40) },
  { weight: 2, arbitrary: fc.constantFrom(2000, 20_000) },
  { weight: 1, arbitrary: fc.constantFrom(100_000, 300_000) },
);
const isCalled = fc.boolean();
const on = fc.constantFrom('req', 'res');
const eventOf = {
  req: ['end', 'close', 'error', 'aborted', 'pause', 'resume', 'custom'],
  res: ['finish', 'close', 'error', 'prefinish', 'drain', 'pipe', 'unpipe', 'custom'],
};
const event = on.chain((target) =>
  fc.record({
    on: fc.constant(target),
    event: fc.constantFrom(...eventOf[/** @type {'req'} */ (target)]),
  }),
);

/** @param {string} name @param {Record<string, fc.Arbitrary<unknown>>} [options] */
const step = (name, options = {}) => fc.record({ do: fc.constant(name), ...options });

/** @param {string} usual @param {string[]} others */
const rarely = (usual, ...others) =>
  fc.oneof(
    { weight: 15, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

const steps = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: step('status', { code, message: reason }) },
    { weight: 4, arbitrary: header.map(([name, value]) => ({ do: 'setHeader', name, value })) },
    { weight: 2, arbitrary: header.map(([name, value]) => ({ do: 'appendHeader', name, value })) },
    { weight: 2, arbitrary: step('removeHeader', { name: fc.constantFrom(...names) }) },
    { weight: 1, arbitrary: step('setHeaders', { headers }) },
    { weight: 1, arbitrary: step('removeAll') },
    {
      weight: 6,
      arbitrary: step('writeHead', {
        code: anyCode,
        reason,
        form: fc.constantFrom('none', 'object', 'flat', 'pairs', 'odd', 'null', 'proto'),
        headers,
      }),
    },
    { weight: 2, arbitrary: step('flushHeaders') },
    { weight: 1, arbitrary: step('writeContinue') },
    { weight: 1, arbitrary: step('writeProcessing') },
    { weight: 1, arbitrary: step('writeEarlyHints') },
    { weight: 1, arbitrary: step('trailers') },
    { weight: 4, arbitrary: step('write', { size, call: isCalled }) },
    {
      weight: 2,
      arbitrary: step('end', { size: fc.option(size, { nil: undefined }), call: isCalled }),
    },
    { weight: 1, arbitrary: fc.constantFrom({ do: 'cork' }, { do: 'uncork' }) },
    { weight: 1, arbitrary: step('pipe', { chunks: fc.integer({ min: 1, max: 3 }), size }) },
    {
      weight: 1,
      arbitrary: step('destroy', {
        what: fc.constantFrom('req', 'res', 'socket'),
        isError: fc.boolean(),
      }),
    },
    {
      weight: 5,
      arbitrary: event.chain((which) =>
        fc.record({
          do: fc.constant('listen'),
          on: fc.constant(which.on),
          event: fc.constant(which.event),
          once: fc.boolean(),
        }),
      ),
    },
    { weight: 2, arbitrary: event.map((which) => ({ do: 'onceOff', ...which })) },
    { weight: 1, arbitrary: on.map((target) => ({ do: 'emit', on: target, event: 'custom' })) },
    { weight: 2, arbitrary: step('look') },
    { weight: 1, arbitrary: step('ownWriteHead') },
    { weight: 1, arbitrary: step('ownEmit', { on }) },
    { weight: 1, arbitrary: step('detach') },
    { weight: 1, arbitrary: step('timeout', { on }) },
    {
      weight: 6,
      arbitrary: step('wait', {
        for: fc.constantFrom(
          'tick',
          'promise',
          'microtask',
          'immediate',
          'timer',
          'emitter',
          'domain',
          'pool',
          'worker',
          'read',
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: step('leave', { how: fc.constantFrom('destroy', 'reset', 'halfClose') }),
    },
    { weight: 1, arbitrary: step('throw', { status: fc.constantFrom(undefined, 418) }) },
  ),
  { maxLength: 7 },
);

const finish = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      how: fc.constantFrom('text', 'json', 'buffer', 'stream', 'file'),
      size,
    }),
  },
  { weight: 1, arbitrary: fc.record({ how: fc.constant('status'), code }) },
  {
    weight: 5,
    arbitrary: fc.record({
      how: fc.constantFrom(
        'empty',
        'redirect',
        'pass',
        'next',
        'httpError',
        'throw',
        'throwLater',
        'reject',
        'twice',
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ how: fc.constant('brokenStream'), size }) },
  { weight: 1, arbitrary: fc.constant({ how: 'raw' }) },
);

/** One that answers by raw means alone has to end. */
const handler = fc
  .record({ steps, finish })
  .map((made) =>
    made.finish.how === 'raw' && !made.steps.some((one) => one.do === 'end')
      ? { ...made, steps: [...made.steps, { do: 'end', size: 3, call: true }] }
      : made,
  );

const body = fc.record({
  type: fc.constantFrom('json', 'malformed', 'form', 'multipart', 'text'),
  how: fc.constantFrom('length', 'chunked', 'slow'),
  size,
});

const plainRequest = fc
  .record({
    method: fc.oneof(
      { weight: 5, arbitrary: fc.constant('GET') },
      { weight: 3, arbitrary: fc.constantFrom('POST', 'PUT') },
      { weight: 2, arbitrary: fc.constantFrom('HEAD', 'OPTIONS', 'DELETE') },
    ),
    path: fc.oneof(
      { weight: 6, arbitrary: fc.constant('/') },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          '/file.txt',
          '/big.txt',
          '/static/file.txt',
          '/proxy',
          '/favicon.ico',
          '/routed',
          '/%zz',
        ),
      },
    ),
    id: fc.oneof(
      { weight: 5, arbitrary: fc.constant('good') },
      { weight: 2, arbitrary: fc.constantFrom('none', 'bad', 'twice') },
    ),
    headers: fc.subarray([
      ['Accept-Encoding', 'gzip'],
      ['Origin', 'http://other'],
      ['Cookie', 'a=1; b=2'],
      ['X-Method', 'PUT'],
    ]),
    http: fc.oneof(
      { weight: 12, arbitrary: fc.constant('1.1') },
      { weight: 1, arbitrary: fc.constant('1.0') },
    ),
    close: fc.oneof(
      { weight: 8, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    body: fc.option(body, { nil: undefined, freq: 3 }),
    expect: fc.oneof(
      { weight: 6, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    handler,
  })
  .map((made) =>
    ['POST', 'PUT'].includes(made.method) ? made : { ...made, body: undefined, expect: false },
  );

const tunnelRequest = fc.record({
  method: fc.constantFrom('GET', 'CONNECT'),
  upgrade: fc.constant(true),
  path: fc.constant('/'),
  id: fc.constantFrom('good', 'bad'),
  headers: fc.constant([]),
  leaves: fc.constantFrom('destroy', 'reset', 'halfClose'),
});

const request = fc.oneof(
  { weight: 24, arbitrary: plainRequest },
  { weight: 1, arbitrary: tunnelRequest },
  { weight: 1, arbitrary: fc.nat(hostileCount - 1).map((hostile) => ({ method: 'GET', hostile })) },
);

const connection = fc.record({
  requests: fc.array(request, { minLength: 1, maxLength: 3 }),
  isPipelined: fc.boolean(),
  isHttp1: fc.boolean(),
});

const middlewaresOf = {
  node: Object.keys(connectMiddlewares),
  express4: Object.keys(connectMiddlewares),
  express5: Object.keys(connectMiddlewares),
  koa2: Object.keys(koaMiddlewares),
  koa3: Object.keys(koaMiddlewares),
  fastify4: fastifyPlugins,
  fastify5: fastifyPlugins,
};

const wrapper = fc.record({
  target: fc.constantFrom(...wrapperTargets),
  kind: fc.constantFrom('plain', 'proxy', 'copy'),
  when: fc.constantFrom('before', 'built', 'later'),
});

/**
 * Random apps, as data.
 *
 * @type {fc.Arbitrary<any>}
 */
export const anyApp = fc
  .constantFrom(...Object.keys(middlewaresOf))
  .chain((framework) =>
    fc.record({
      framework: fc.constant(framework),
      transport: fc.oneof(
        { weight: 7, arbitrary: fc.constant('http') },
        { weight: 1, arbitrary: fc.constant('https') },
        // Express does not know HTTP/2.
        {
          weight: 2,
          arbitrary: framework.startsWith('express')
            ? fc.constant('http')
            : fc.constantFrom('h2c', 'h2'),
        },
      ),
      mount: fc.record({
        by: fc.constantFrom('middleware', 'attach', 'both'),
        at: fc.nat(4),
        times: fc.constantFrom(1, 1, 1, 2),
        wraps: fc.boolean(),
        nested: fc.constantFrom(false, false, 'router', 'app'),
      }),
      isFirst: fc.oneof(
        { weight: 12, arbitrary: fc.constant(false) },
        { weight: 1, arbitrary: fc.constant(true) },
      ),
      isSerial: fc.boolean(),
      // Both are for processes of their own.
      domain: rarely('none', 'early', 'late'),
      catches: rarely('listener', 'capture', 'nothing'),
      middlewares: fc.uniqueArray(
        fc.constantFrom(...middlewaresOf[/** @type {'node'} */ (framework)]),
        { maxLength: 4 },
      ),
      errors: fc.constantFrom('default', 'handler', 'errorhandler'),
      early: fc.subarray([
        'req.end',
        'req.close',
        'req.aborted',
        'req.error',
        'res.finish',
        'res.close',
        'res.error',
      ]),
      serverEvents: fc.oneof(
        { weight: 3, arbitrary: fc.constant(/** @type {string[]} */ ([])) },
        {
          weight: 1,
          arbitrary: fc.subarray([
            'upgrade',
            'connect',
            'checkContinue',
            'clientError',
            'dropRequest',
          ]),
        },
      ),
      tunnels: fc.constantFrom('accept', 'refuse', 'destroy'),
      wrappers: fc.oneof(
        { weight: 5, arbitrary: fc.constant(/** @type {any[]} */ ([])) },
        { weight: 2, arbitrary: fc.array(wrapper, { minLength: 1, maxLength: 3 }) },
      ),
      connections: fc.array(connection, { minLength: 1, maxLength: 3 }),
    }),
  )
  .map((app) => ({
    ...app,
    mount: { ...app.mount, at: Math.min(app.mount.at, app.middlewares.length) },
  }));
