import { AsyncLocalStorage } from 'node:async_hooks';
import { context, createContext, getRequestId, newRequestId } from '@request-context/core';
import { normalizeOptions, resolveRequestId } from '@request-context/core/adapter';
import { requestContextMixin } from '@request-context/logging/pino';
import pino from 'pino';
import { v4, v7 } from 'uuid';

/**
 * Two calls to compare, `measured` with `compared`. Each is a function that measures the call, so that it can set up a
 * scope first and measure inside.
 *
 * @typedef {object} Case
 * @property {string} title
 * @property {string} base The call that it is compared with.
 * @property {number} [goal] The largest ratio of the two times that is acceptable.
 * @property {Work} measured
 * @property {Work} compared
 */

/** @typedef {(measure: (fn: () => unknown) => Promise<number>) => Promise<number>} Work */

const storage = new AsyncLocalStorage();
const store = { requestId: 'myid' };
const noop = () => undefined;
/** @type {import('@request-context/core').Context<Record<string, unknown>>} */
const chain = createContext({ inherit: 'chain' });
const values = { requestId: 'myid', tenant: 'acme', user: { id: 7, roles: ['a', 'b'] } };

/** @param {() => unknown} fn @returns {Work} */
const inStorage = (fn) => (measure) => storage.run(store, () => measure(fn));
/** @param {() => unknown} fn @returns {Work} */
const inContext = (fn) => (measure) => context.run({ requestId: 'myid' }, () => measure(fn));
/** @param {() => unknown} fn @returns {Work} */
const alone = (fn) => (measure) => measure(fn);

/** @param {number} depth @param {() => unknown} fn @returns {Work} */
const atDepth = (depth, fn) => (measure) => {
  /** @param {number} left @returns {Promise<number>} */
  const descend = (left) =>
    left === 0 ? measure(fn) : chain.fork(() => descend(left - 1), { values: { step: left } });
  return chain.run({ found: 'at the root' }, () => descend(depth));
};

/** @param {import('@request-context/core').Inherit} inherit @param {number} depth @returns {Work} */
const forkAtDepth = (inherit, depth) => (measure) => {
  const forked = createContext({ inherit: 'chain' });
  /** @param {number} left @returns {Promise<number>} */
  const descend = (left) =>
    left === 0
      ? measure(() => forked.fork(noop, { inherit }))
      : forked.fork(() => descend(left - 1), { values: { step: left } });
  return forked.run(values, () => descend(depth));
};

const sharedRead = /** @type {Work} */ (
  (measure) =>
    chain.run({ found: 'at the root' }, () =>
      chain.fork(() => measure(() => chain.get('found')), { inherit: 'share' }),
    )
);

const options = normalizeOptions();
/** @type {import('@request-context/core/adapter').RequestReader<string | undefined>} */
const reader = { header: (sent) => sent, peer: () => '127.0.0.1' };
/** @param {string | undefined} sent */
const resolve = (sent) => alone(() => resolveRequestId(options, reader, sent, sent));
const good = '5f0c6c1e-3a43-4f0b-9a2e-6f3d1f3c0a77';

const sink = { write: noop };
/** @param {import('pino').LoggerOptions} [more] */
const logger = (more) => pino({ base: null, timestamp: false, ...more }, sink);
const plain = logger();
const byHand = logger({ mixin: () => ({ .../** @type {object} */ (storage.getStore()) }) });
const ours = logger({ mixin: requestContextMixin() });

const stored = inStorage(() => /** @type {typeof store} */ (storage.getStore()).requestId);

/** @type {Case[]} */
export const cases = [
  {
    title: "context.get('requestId')",
    base: 'getStore().requestId',
    goal: 1.5,
    measured: inContext(() => context.get('requestId')),
    compared: stored,
  },
  {
    title: 'getRequestId()',
    base: 'getStore().requestId',
    goal: 1.5,
    measured: inContext(getRequestId),
    compared: stored,
  },
  {
    title: 'context.run(values, task)',
    base: 'AsyncLocalStorage.run({ ...values }, task)',
    goal: 1.3,
    measured: alone(() => context.run(store, noop)),
    compared: alone(() => storage.run({ ...store }, noop)),
  },
  {
    title: 'fork by share',
    base: 'AsyncLocalStorage.run(values, task)',
    measured: forkAtDepth('share', 0),
    compared: inStorage(() => storage.run(store, noop)),
  },
  {
    title: 'fork by chain',
    base: 'fork by share',
    measured: forkAtDepth('chain', 0),
    compared: forkAtDepth('share', 0),
  },
  {
    title: 'fork by copy',
    base: 'structuredClone(values)',
    measured: forkAtDepth('copy', 0),
    compared: alone(() => structuredClone(values)),
  },
  ...[1, 10, 1000].flatMap((depth) => [
    {
      title: `fork by share, at depth ${depth}`,
      base: 'fork by share',
      measured: forkAtDepth('share', depth),
      compared: forkAtDepth('share', 0),
    },
    {
      title: `fork by chain, at depth ${depth}`,
      base: 'fork by chain',
      measured: forkAtDepth('chain', depth),
      compared: forkAtDepth('chain', 0),
    },
    {
      title: `fork by copy, at depth ${depth}`,
      base: 'fork by copy',
      measured: forkAtDepth('copy', depth),
      compared: forkAtDepth('copy', 0),
    },
  ]),
  {
    title: 'get through a chain of depth 1',
    base: 'get in a scope that is shared',
    goal: 1.5,
    measured: atDepth(1, () => chain.get('found')),
    compared: sharedRead,
  },
  {
    title: 'get through a chain of depth 10',
    base: 'get at depth 1',
    goal: 10,
    measured: atDepth(10, () => chain.get('found')),
    compared: atDepth(1, () => chain.get('found')),
  },
  {
    title: 'get through a chain of depth 1000',
    base: 'get at depth 1',
    goal: 1000,
    measured: atDepth(1000, () => chain.get('found')),
    compared: atDepth(1, () => chain.get('found')),
  },
  {
    title: 'resolveRequestId(), id absent',
    base: 'newRequestId()',
    measured: resolve(undefined),
    compared: alone(newRequestId),
  },
  {
    title: 'resolveRequestId(), id good',
    base: 'newRequestId()',
    measured: resolve(good),
    compared: alone(newRequestId),
  },
  {
    title: 'resolveRequestId(), id bad',
    base: 'newRequestId()',
    measured: resolve('not valid\u00e9'),
    compared: alone(newRequestId),
  },
  {
    title: 'a line by pino with requestContextMixin()',
    base: 'a mixin by hand',
    measured: inContext(() => ours.info('done')),
    compared: inStorage(() => byHand.info('done')),
  },
  {
    title: 'a line by pino with requestContextMixin()',
    base: 'no mixin',
    measured: inContext(() => ours.info('done')),
    compared: inContext(() => plain.info('done')),
  },
  {
    title: 'newRequestId()',
    base: "uuid's v4()",
    measured: alone(newRequestId),
    compared: alone(() => v4()),
  },
  {
    title: "uuid's v7()",
    base: "uuid's v4()",
    measured: alone(() => v7()),
    compared: alone(() => v4()),
  },
];
