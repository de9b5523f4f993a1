import { once } from 'node:events';
import * as timers from 'node:timers/promises';
import {
  createBarrier,
  type HttpScenario,
  inHandler,
  type ProbedExchange,
} from '@request-context/conformance/engine';
import { context } from '@request-context/core';
import Bluebird from 'bluebird';

const delay = timers.setTimeout;

/** Probes once after each kind of wait. */
async function branch(x: ProbedExchange, label: string, fail = false): Promise<string> {
  x.probe(`${label} started`);
  await Promise.resolve();
  x.probe(`${label} microtask`);
  await delay(1);
  x.probe(`${label} timer`);
  if (fail) throw new Error('on purpose');
  return label;
}

const branchProbes = ['first started', 'first microtask', 'first timer', 'second timer', 'after'];

/** Combinators of promises, each over two branches. */
const combinators: Readonly<Record<string, (x: ProbedExchange) => Promise<unknown>>> = {
  all: (x) => Promise.all([branch(x, 'first'), branch(x, 'second')]),
  'all that fails': (x) =>
    Promise.all([branch(x, 'first', true), branch(x, 'second')]).catch(() => x.probe('caught')),
  allSettled: (x) => Promise.allSettled([branch(x, 'first', true), branch(x, 'second')]),
  race: (x) => Promise.race([branch(x, 'first'), branch(x, 'second')]),
  any: (x) => Promise.any([branch(x, 'first', true), branch(x, 'second')]),
};

const combinatorScenarios = Object.entries(combinators).map(([name, combine]) =>
  inHandler({
    id: `flow-promise-${name.replaceAll(' ', '-')}`,
    title: `keep the id in the branches of Promise.${name}, and after it`,
    probes: branchProbes,
    async work(x) {
      await combine(x);
      x.probe('after');
    },
  }),
);

async function countDown(x: ProbedExchange, from: number): Promise<number> {
  await delay(1);
  x.probe('nested');
  if (from === 0) return 0;
  const rest = await countDown(x, from - 1);
  x.probe('returned');
  return rest + 1;
}

/** Returns a thenable like a query builder, whose work starts at the first await. */
function thenable<T>(value: T, start: (settle: () => void) => void): PromiseLike<T> {
  // biome-ignore lint/suspicious/noThenProperty: it is to be one
  return { then: (done) => new Promise((resolve) => start(() => resolve(done?.(value) as never))) };
}

/** Calls all waiting callbacks by one timer, which the first waiting request starts. */
class SharedTimer {
  #waiting: (() => void)[] = [];

  wait(callback: () => void): void {
    if (this.#waiting.push(callback) > 1) return;
    setTimeout(() => {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const each of waiting) each();
    }, 3);
  }
}

function bluebirdWork(x: ProbedExchange): Bluebird<unknown> {
  return Bluebird.resolve()
    .then(() => x.probe('then'))
    .delay(1)
    .then(() => x.probe('delay'))
    .then(() => Bluebird.map([1, 2, 3], () => Bluebird.delay(1).then(() => x.probe('map'))))
    .then(() => Bluebird.reject(new Error('on purpose')))
    .catch(() => x.probe('catch'))
    .finally(() => x.probe('finally'));
}

const bluebirdProbes = ['then', 'delay', 'map', 'catch', 'finally'];

/** Sets whether Bluebird keeps the context at each `then`. No other scenario uses Bluebird. */
function setBluebirdHooks(asyncHooks: boolean): void {
  Bluebird.config({ asyncHooks } as Parameters<typeof Bluebird.config>[0]);
}

export const platformFlowScenarios: readonly HttpScenario[] = [
  ...combinatorScenarios,
  inHandler({
    id: 'flow-nested',
    title: 'keep the id in async functions that call each other',
    probes: ['nested', 'returned', 'after'],
    async work(x) {
      await Promise.all([countDown(x, 3), countDown(x, 5)]);
      x.probe('after');
    },
  }),
  inHandler({
    id: 'flow-timers-refresh',
    title: 'keep the id in a timeout that another request refreshes',
    probes: ['refreshed'],
    open: () => ({ last: undefined as NodeJS.Timeout | undefined }),
    work: (x, shared) =>
      new Promise<void>((resolve) => {
        shared.last?.refresh();
        const timeout = setTimeout(() => {
          x.probe('refreshed');
          if (shared.last === timeout) shared.last = undefined;
          resolve();
        }, 3);
        shared.last = timeout;
      }),
  }),
  inHandler({
    id: 'flow-timers-promises',
    title: 'keep the id after timers/promises',
    probes: ['setTimeout', 'setImmediate', 'setInterval', 'wait', 'yield'],
    async work(x) {
      await timers.setTimeout(1);
      x.probe('setTimeout');
      await timers.setImmediate();
      x.probe('setImmediate');
      let ticks = 0;
      for await (const _ of timers.setInterval(1)) {
        x.probe('setInterval');
        ticks += 1;
        if (ticks === 3) break;
      }
      await timers.scheduler.wait(1);
      x.probe('wait');
      await timers.scheduler.yield();
      x.probe('yield');
    },
  }),
  inHandler({
    id: 'flow-shared-promise',
    title: 'keep the id after an await of a promise that another request made',
    probes: ['after', 'again'],
    open: () => ({ loading: undefined as Promise<void> | undefined }),
    async work(x, cache) {
      cache.loading ??= delay(5);
      await cache.loading;
      x.probe('after');
      await cache.loading;
      x.probe('again');
    },
  }),
  inHandler({
    id: 'flow-thenable',
    title: 'keep the id in and after a thenable',
    probes: ['started', 'awaited', 'resolved', 'returned'],
    async work(x) {
      function lazy(): PromiseLike<number> {
        return thenable(1, (settle) => {
          x.probe('started');
          setTimeout(settle, 1);
        });
      }
      await lazy();
      x.probe('awaited');
      await Promise.resolve(lazy());
      x.probe('resolved');
      await (async () => lazy())();
      x.probe('returned');
    },
  }),
  inHandler({
    id: 'flow-thenable-shared',
    title: 'keep the id after an await of a thenable that is settled from another request',
    probes: ['awaited'],
    open: () => new SharedTimer(),
    async work(x, timer) {
      await thenable(1, (settle) => timer.wait(settle));
      x.probe('awaited');
    },
  }),
  inHandler({
    id: 'flow-bluebird-await',
    title: "keep the id after an await of Bluebird's promises",
    probes: ['awaited', 'meeting'],
    open: () => createBarrier(),
    async work(x, meet) {
      await Bluebird.delay(1);
      x.probe('awaited');
      await meet();
      await Bluebird.resolve().then(() => 1);
      x.probe('meeting');
    },
  }),
  inHandler({
    // Bluebird runs the callbacks of all promises in one batch, in the context of the first.
    id: 'flow-bluebird',
    title: 'keep the id in Bluebird callbacks with its asyncHooks option',
    probes: bluebirdProbes,
    open: () => {
      setBluebirdHooks(true);
      return createBarrier();
    },
    close: () => setBluebirdHooks(false),
    work: (x, meet) => meet().then(() => bluebirdWork(x)),
  }),
  inHandler({
    id: 'flow-bluebird-plain',
    fails:
      'Bluebird runs the callbacks of all promises in one go, in the context of the first; its option asyncHooks or context.bind keeps them apart',
    title: 'keep the id in Bluebird callbacks without its asyncHooks option',
    probes: bluebirdProbes,
    open: () => createBarrier(),
    work: (x, meet) => meet().then(() => bluebirdWork(x)),
  }),
  inHandler({
    id: 'flow-bluebird-bind',
    title: 'keep the id in Bluebird callbacks that are bound',
    probes: ['then', 'catch'],
    open: () => createBarrier(),
    work: (x, meet) =>
      meet().then(() =>
        Bluebird.resolve()
          .then(context.bind(() => x.probe('then')))
          .then(() => Bluebird.reject(new Error('on purpose')))
          .catch(context.bind(() => x.probe('catch'))),
      ),
  }),
  inHandler({
    id: 'flow-detached',
    title: 'keep the id in a forked task that outlives the request',
    probes: ['task'],
    work(x) {
      void context.fork(
        async () => {
          await once(x.res, 'close');
          await delay(5);
          x.probe('task');
        },
        { inherit: 'copy' },
      );
    },
  }),
];
