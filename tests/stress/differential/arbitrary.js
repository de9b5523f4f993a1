import fc from 'fast-check';
import { weighted } from '../../kit/weighted.js';
import { hostileCount } from './client.js';
import { connectMiddlewares } from './frameworks/connect-middlewares.js';
import { fastifyPlugins } from './frameworks/fastify.js';
import { koaMiddlewares } from './frameworks/koa.js';
import { wrapperTargets } from './wrappers.js';

const one = fc.constantFrom;
const always = fc.constant;
const none = always(/** @type {any[]} */ ([]));

/** Returns the usual value, and sometimes one of the others. @param {number} weight @param {any} usual @param {any[]} others */
const mostly = (weight, usual, ...others) => weighted([weight, always(usual)], [1, one(...others)]);

const { record } = fc;

const values = {
  'X-A': ['1', 'two', ['a', 'b']],
  'x-b': ['b', 2],
  'Content-Type': ['text/plain', 'text/html; charset=utf-8'],
  'Set-Cookie': ['c=1', ['c=1', 'd=2']],
  Vary: ['Origin', '*'],
  'Cache-Control': ['no-transform', 'private'],
  Connection: ['close', 'keep-alive'],
};
const names = Object.keys(values);
const header = fc.oneof(
  ...Object.entries(values).map(([name, some]) => fc.tuple(always(name), one(...some))),
);
const headers = fc.array(header, { maxLength: 3 });
const code = weighted([4, always(200)], [3, one(201, 204, 304, 404, 500)]);
const anyCode = weighted([20, code], [1, one(0, 99, 1000)]);
const reason = fc.option(one('Fine', 'Not So Fine'), { nil: undefined, freq: 2 });
const size = weighted([6, fc.nat(40)], [2, one(2000, 20_000)], [1, one(100_000, 300_000)]);
const call = fc.boolean();
const on = one('req', 'res');
const listened = {
  req: ['end', 'close', 'error', 'aborted', 'pause', 'resume', 'custom'],
  res: ['finish', 'close', 'error', 'prefinish', 'drain', 'pipe', 'unpipe', 'custom'],
};
const event = fc.oneof(
  ...Object.entries(listened).map(([target, events]) =>
    record({ on: always(target), event: one(...events) }),
  ),
);

/** @param {string} name @param {Record<string, fc.Arbitrary<unknown>>} [options] */
const step = (name, options = {}) => record({ do: always(name), ...options });

/** @param {string} name */
const headerStep = (name) => header.map(([header, value]) => ({ do: name, name: header, value }));

const waits = ['tick', 'promise', 'microtask', 'immediate', 'timer', 'emitter', 'domain', 'pool'];
const forms = ['none', 'object', 'flat', 'pairs', 'odd', 'null', 'proto'];

/** @type {fc.Arbitrary<any[]>} */
const steps = fc.array(
  weighted(
    [2, step('status', { code, message: reason })],
    [4, headerStep('setHeader')],
    [2, headerStep('appendHeader')],
    [2, step('removeHeader', { name: one(...names) })],
    [1, step('setHeaders', { headers })],
    [1, step('removeAll')],
    [6, step('writeHead', { code: anyCode, reason, form: one(...forms), headers })],
    [2, step('flushHeaders')],
    [1, step('writeContinue')],
    [1, step('writeProcessing')],
    [1, step('writeEarlyHints')],
    [1, step('trailers')],
    [4, step('write', { size, call })],
    [2, step('end', { size: fc.option(size, { nil: undefined }), call })],
    [1, one({ do: 'cork' }, { do: 'uncork' })],
    [1, step('pipe', { chunks: fc.integer({ min: 1, max: 3 }), size })],
    [1, step('destroy', { what: one('req', 'res', 'socket'), isError: fc.boolean() })],
    [5, fc.tuple(event, fc.boolean()).map(([made, once]) => ({ do: 'listen', ...made, once }))],
    [2, event.map((made) => ({ do: 'onceOff', ...made }))],
    [1, step('emit', { on, event: always('custom') })],
    [2, step('look')],
    [1, step('ownWriteHead')],
    [1, step('ownEmit', { on })],
    [1, step('detach')],
    [1, step('timeout', { on })],
    [6, step('wait', { for: one(...waits, 'worker', 'read') })],
    [1, step('leave', { how: one('destroy', 'reset', 'halfClose') })],
    [1, step('throw', { status: one(undefined, 418) })],
  ),
  { maxLength: 7 },
);

const plainFinishes = ['empty', 'redirect', 'pass', 'next', 'httpError', 'throw', 'throwLater'];

/** @type {fc.Arbitrary<any>} */
const finish = weighted(
  [6, record({ how: one('text', 'json', 'buffer', 'stream', 'file'), size })],
  [1, record({ how: always('status'), code })],
  [5, record({ how: one(...plainFinishes, 'reject', 'twice') })],
  [1, record({ how: always('brokenStream'), size })],
  [1, always({ how: 'raw' })],
);

/** A handler that responds only by raw means must call `end`. */
const handler = fc
  .record({ steps, finish })
  .map((made) =>
    made.finish.how === 'raw' && !made.steps.some((each) => each.do === 'end')
      ? { ...made, steps: [...made.steps, { do: 'end', size: 3, call: true }] }
      : made,
  );

const body = record({
  type: one('json', 'malformed', 'form', 'multipart', 'text'),
  how: one('length', 'chunked', 'slow'),
  size,
});

const paths = ['/file.txt', '/big.txt', '/static/file.txt', '/proxy', '/favicon.ico', '/routed'];

const plainRequest = fc
  .record({
    method: weighted(
      [5, always('GET')],
      [3, one('POST', 'PUT')],
      [2, one('HEAD', 'OPTIONS', 'DELETE')],
    ),
    path: weighted([6, always('/')], [2, one(...paths, '/%zz')]),
    id: weighted([5, always('good')], [2, one('none', 'bad', 'twice')]),
    headers: fc.subarray([
      ['Accept-Encoding', 'gzip'],
      ['Origin', 'http://other'],
      ['Cookie', 'a=1; b=2'],
      ['X-Method', 'PUT'],
    ]),
    http: mostly(12, '1.1', '1.0'),
    close: mostly(8, false, true),
    body: fc.option(body, { nil: undefined, freq: 3 }),
    expect: mostly(6, false, true),
    handler,
  })
  .map((made) =>
    ['POST', 'PUT'].includes(made.method) ? made : { ...made, body: undefined, expect: false },
  );

const tunnelRequest = record({
  method: one('GET', 'CONNECT'),
  upgrade: always(true),
  path: always('/'),
  id: one('good', 'bad'),
  headers: always([]),
  leaves: one('destroy', 'reset', 'halfClose'),
});

/** @type {fc.Arbitrary<unknown>} */
const request = weighted(
  /** @type {[number, fc.Arbitrary<unknown>]} */ ([24, plainRequest]),
  [1, tunnelRequest],
  [1, record({ method: always('GET'), hostile: fc.nat(hostileCount - 1) })],
);

const connection = record({
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

const wrapper = record({
  target: one(...wrapperTargets),
  kind: one('plain', 'proxy', 'copy'),
  when: one('before', 'built', 'later'),
});

const early = ['end', 'close', 'aborted', 'error'].map((name) => `req.${name}`);
const earlyOfResponse = ['finish', 'close', 'error'].map((name) => `res.${name}`);
const serverEvents = ['upgrade', 'connect', 'checkContinue', 'clientError', 'dropRequest'];

/**
 * Random apps, as data.
 *
 * @type {fc.Arbitrary<any>}
 */
export const anyApp = fc
  .oneof(
    { withCrossShrink: true },
    ...Object.entries(middlewaresOf).map(([framework, middlewares]) =>
      fc.record({
        framework: always(framework),
        transport: weighted(
          [7, always('http')],
          [1, always('https')],
          // Express does not support HTTP/2.
          [2, framework.startsWith('express') ? always('http') : one('h2c', 'h2')],
        ),
        mount: fc.record({
          by: one('middleware', 'attach', 'both'),
          at: fc.nat(4),
          times: one(1, 1, 1, 2),
          wraps: fc.boolean(),
          nested: one(false, false, 'router', 'app'),
        }),
        isFirst: mostly(12, false, true),
        isSerial: fc.boolean(),
        // Any other domain or way to catch needs a fresh process.
        domain: mostly(15, 'none', 'early', 'late'),
        catches: mostly(15, 'listener', 'capture', 'nothing'),
        middlewares: fc.uniqueArray(one(...middlewares), { maxLength: 4 }),
        errors: one('default', 'handler', 'errorhandler'),
        early: fc.subarray([...early, ...earlyOfResponse]),
        serverEvents: weighted([3, none], [1, fc.subarray(serverEvents)]),
        tunnels: one('accept', 'refuse', 'destroy'),
        wrappers: weighted([5, none], [2, fc.array(wrapper, { minLength: 1, maxLength: 3 })]),
        connections: fc.array(connection, { minLength: 1, maxLength: 3 }),
      }),
    ),
  )
  .map((app) => ({
    ...app,
    mount: { ...app.mount, at: Math.min(app.mount.at, app.middlewares.length) },
  }));
