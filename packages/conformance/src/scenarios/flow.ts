import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { context } from '@request-context/core';
import { createBarrier } from '../create-barrier.ts';
import type { HttpScenario, ProbedExchange } from '../http-scenario.ts';
import { inHandler } from '../in-handler.ts';

/** Records the id after each kind of wait. */
async function branch(x: ProbedExchange, label: string, fail = false): Promise<string> {
  x.probe(`${label} started`);
  await Promise.resolve();
  x.probe(`${label} microtask`);
  await delay(1);
  x.probe(`${label} timer`);
  if (fail) throw new Error('on purpose');
  return label;
}

async function* numbers(x: ProbedExchange, count: number): AsyncGenerator<number> {
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

async function* delegating(x: ProbedExchange): AsyncGenerator<number> {
  yield* numbers(x, 2);
  x.probe('delegated');
}

export const flowScenarios: readonly HttpScenario[] = [
  inHandler({
    id: 'flow-handler',
    title: 'show the id in the handler',
    probes: ['handler'],
    work: (x) => x.probe('handler'),
  }),
  inHandler({
    id: 'flow-await',
    title: 'keep the id after awaits, in catch and in finally',
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
  inHandler({
    id: 'flow-generators',
    title: 'keep the id in async generators and in the loops over them',
    probes: ['generator', 'resumed', 'generator finally', 'delegated', 'loop', 'after'],
    async work(x) {
      for await (const _ of delegating(x)) x.probe('loop');
      for await (const number of numbers(x, 5)) if (number === 2) break;
      x.probe('after');
    },
  }),
  inHandler({
    id: 'flow-timers',
    title: 'keep the id in setTimeout, setInterval and setImmediate',
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
    id: 'flow-microtasks',
    title: 'keep the id in queueMicrotask, process.nextTick and then',
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
    title: 'keep the id after an await of a promise that another request resolves',
    probes: ['resumed', 'then'],
    // With a single barrier, the last two clients would wait for those that have passed it twice.
    open: () => [createBarrier(), createBarrier()] as const,
    async work(x, [meet, meetAgain]) {
      await meet();
      x.probe('resumed');
      await meetAgain().then(() => x.probe('then'));
    },
  }),
  inHandler({
    id: 'flow-run',
    title: 'show the id again after a part of the work ran in another context',
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
    id: 'flow-after-response',
    title: 'keep the id in work that goes on after the response',
    needs: ['node'],
    probes: ['finish', 'close', 'timer', 'interval', 'immediate', 'awaited', 'generator'],
    work(x) {
      x.res.once('finish', () => {
        x.probe('finish');
        setImmediate(() => x.probe('immediate'));
      });
      void goOn(x);
    },
  }),
];

async function goOn(x: ProbedExchange): Promise<void> {
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
