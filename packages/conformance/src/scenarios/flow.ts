import { once } from 'node:events';
import * as timers from 'node:timers/promises';
import { context } from '@request-context/core';
import Bluebird from 'bluebird';
import type { Exchange, HttpScenario } from '../types.ts';
import { createMeeting, inHandler } from './in-handler.ts';

const delay = timers.setTimeout;

/** Probes once after each kind of wait. */
async function branch(x: Exchange, label: string, fail = false): Promise<string> {
  x.probe(`${label} started`);
  await Promise.resolve();
  x.probe(`${label} microtask`);
  await delay(1);
  x.probe(`${label} timer`);
  if (fail) throw new Error('on purpose');
  return label;
}

const branchProbes = ['first started', 'first microtask', 'first timer', 'second timer', 'after'];

/** Combinators of promises, each over two branches; the others' answers do not matter. */
const combinators: Readonly<Record<string, (x: Exchange) => Promise<unknown>>> = {
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
    title: `keeps the id in the branches of Promise.${name}, and after it`,
    probes: branchProbes,
    async work(x) {
      await combine(x);
      x.probe('after');
    },
  }),
);

async function countDown(x: Exchange, from: number): Promise<number> {
  await delay(1);
  x.probe('nested');
  if (from === 0) return 0;
  const rest = await countDown(x, from - 1);
  x.probe('returned');
  return rest + 1;
}

async function* numbers(x: Exchange, count: number): AsyncGenerator<number> {
  try {
    for (let number = 0; number < count; number += 1) {
      await delay(1);
      x.probe('generator');
      yield number;
      x.probe('resumed');
    }
  } finally {
    x.probe('generator finally');
  }
}

async function* delegating(x: Exchange): AsyncGenerator<number> {
  yield* numbers(x, 2);
  x.probe('delegated');
}

/** A thenable such as query builders are: the work starts when somebody awaits it. */
function thenable<T>(value: T, start: (settle: () => void) => void): PromiseLike<T> {
  // biome-ignore lint/suspicious/noThenProperty: it is to be one
  return { then: (done) => new Promise((resolve) => start(() => resolve(done?.(value) as never))) };
}

/** Callbacks that are called by one timer for all who wait, whichever request set it off. */
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

function bluebirdWork(x: Exchange): Bluebird<unknown> {
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

/** Bluebird asks at each `then` whether it is to keep the context; no other scenario uses it. */
function setBluebirdHooks(asyncHooks: boolean): void {
  Bluebird.config({ asyncHooks } as Parameters<typeof Bluebird.config>[0]);
}

export const flowScenarios: readonly HttpScenario[] = [
  inHandler({
    id: 'flow-handler',
    title: 'sees the id in the handler',
    probes: ['handler'],
    work: (x) => x.probe('handler'),
  }),
  inHandler({
    id: 'flow-await',
    title: 'keeps the id after awaits, in catch and in finally',
    probes: ['value', 'resolved', 'timer', 'caught', 'finally', 'then'],
    async work(x) {
      await undefined;
      x.probe('value');
      await Promise.resolve();
      x.probe('resolved');
      await delay(2);
      x.probe('timer');
      try {
        await branch(x, 'failing', true);
      } catch {
        x.probe('caught');
      } finally {
        await delay(1);
        x.probe('finally');
      }
      await delay(1).then(() => x.probe('then'));
    },
  }),
  ...combinatorScenarios,
  inHandler({
    id: 'flow-nested',
    title: 'keeps the id in async functions that call each other',
    probes: ['nested', 'returned', 'after'],
    async work(x) {
      await Promise.all([countDown(x, 3), countDown(x, 5)]);
      x.probe('after');
    },
  }),
  inHandler({
    id: 'flow-generators',
    title: 'keeps the id in async generators and in the loops over them',
    probes: ['generator', 'resumed', 'generator finally', 'delegated', 'loop', 'after'],
    async work(x) {
      for await (const _ of delegating(x)) x.probe('loop');
      for await (const number of numbers(x, 5)) if (number === 2) break;
      x.probe('after');
    },
  }),
  inHandler({
    id: 'flow-timers',
    title: 'keeps the id in setTimeout, setInterval and setImmediate',
    probes: ['timeout', 'nested timeout', 'interval', 'immediate'],
    work: (x) =>
      new Promise<void>((resolve) => {
        setImmediate(() => x.probe('immediate'));
        setTimeout(() => {
          x.probe('timeout');
          setTimeout(() => x.probe('nested timeout'), 1);
        }, 1);
        let ticks = 0;
        const interval = setInterval(() => {
          x.probe('interval');
          ticks += 1;
          if (ticks < 3) return;
          clearInterval(interval);
          setTimeout(resolve, 3);
        }, 1);
      }),
  }),
  inHandler({
    id: 'flow-timers-refresh',
    title: 'keeps the id in a timeout that another request refreshes',
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
    title: 'keeps the id after timers/promises',
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
    id: 'flow-microtasks',
    title: 'keeps the id in queueMicrotask, process.nextTick and then',
    probes: ['queueMicrotask', 'nextTick', 'then', 'nested'],
    work: (x) =>
      new Promise<void>((resolve) => {
        queueMicrotask(() => x.probe('queueMicrotask'));
        process.nextTick(() => x.probe('nextTick'));
        Promise.resolve().then(() => x.probe('then'));
        process.nextTick(() =>
          queueMicrotask(() =>
            process.nextTick(() => {
              x.probe('nested');
              resolve();
            }),
          ),
        );
      }),
  }),
  inHandler({
    id: 'flow-resolved-elsewhere',
    title: 'keeps the id after an await of a promise that another request resolves',
    probes: ['resumed', 'then'],
    // Two meetings: in one, the last two would wait for others who have met twice already.
    open: () => [createMeeting(), createMeeting()] as const,
    async work(x, [meet, meetAgain]) {
      await meet();
      x.probe('resumed');
      await meetAgain().then(() => x.probe('then'));
    },
  }),
  inHandler({
    id: 'flow-shared-promise',
    title: 'keeps the id after an await of a promise that another request made',
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
    title: 'keeps the id in and after a thenable',
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
    title: 'keeps the id after an await of a thenable that is settled from another request',
    probes: ['awaited'],
    open: () => new SharedTimer(),
    async work(x, timer) {
      await thenable(1, (settle) => timer.wait(settle));
      x.probe('awaited');
    },
  }),
  inHandler({
    id: 'flow-bluebird-await',
    title: "keeps the id after an await of Bluebird's promises",
    probes: ['awaited', 'meeting'],
    open: () => createMeeting(),
    async work(x, meet) {
      await Bluebird.delay(1);
      x.probe('awaited');
      await meet();
      await Bluebird.resolve().then(() => 1);
      x.probe('meeting');
    },
  }),
  inHandler({
    // Bluebird runs the callbacks of all promises in one go, started by whoever was first.
    id: 'flow-bluebird',
    title: 'keeps the id in Bluebird callbacks with its asyncHooks option',
    probes: bluebirdProbes,
    open: () => {
      setBluebirdHooks(true);
      return createMeeting();
    },
    close: () => setBluebirdHooks(false),
    work: (x, meet) => meet().then(() => bluebirdWork(x)),
  }),
  inHandler({
    id: 'flow-bluebird-plain',
    level: 'MAY',
    title: 'keeps the id in Bluebird callbacks without its asyncHooks option',
    probes: bluebirdProbes,
    open: () => createMeeting(),
    work: (x, meet) => meet().then(() => bluebirdWork(x)),
  }),
  inHandler({
    id: 'flow-bluebird-bind',
    title: 'keeps the id in Bluebird callbacks that are bound',
    probes: ['then', 'catch'],
    open: () => createMeeting(),
    work: (x, meet) =>
      meet().then(() =>
        Bluebird.resolve()
          .then(context.bind(() => x.probe('then')))
          .then(() => Bluebird.reject(new Error('on purpose')))
          .catch(context.bind(() => x.probe('catch'))),
      ),
  }),
  inHandler({
    id: 'flow-run',
    title: 'sees the id again after a context of its own for a part of the work',
    probes: ['after', 'forked', 'after fork'],
    async work(x) {
      await context.run({ requestId: 'part' }, () => delay(1));
      x.probe('after');
      await context.fork(
        async () => {
          await delay(1);
          x.probe('forked');
          context.set('requestId', 'part');
        },
        { inherit: 'chain' },
      );
      x.probe('after fork');
    },
  }),
  inHandler({
    id: 'flow-after-answer',
    title: 'keeps the id in work that goes on after the answer',
    probes: ['finish', 'close', 'timer', 'interval', 'immediate', 'awaited', 'generator'],
    work(x) {
      x.res.once('finish', () => {
        x.probe('finish');
        setImmediate(() => x.probe('immediate'));
      });
      void goOn(x);
    },
  }),
  inHandler({
    id: 'flow-detached',
    title: 'keeps the id in a forked task that outlives the request',
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

async function goOn(x: Exchange): Promise<void> {
  await once(x.res, 'close');
  x.probe('close');
  setTimeout(() => x.probe('timer'), 3);
  const interval = setInterval(() => {
    x.probe('interval');
    clearInterval(interval);
  }, 2);
  await delay(5);
  x.probe('awaited');
  for await (const _ of numbers(x, 2)) x.probe('generator');
}
