import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Feature } from '../contract.ts';
import type { HttpScenario, ProbedExchange, Teardown } from '../http-scenario.ts';

/** An error that nothing handles; its listeners must see the id of the request. */
class Unhandled extends Error {
  readonly x: ProbedExchange;

  constructor(x: ProbedExchange) {
    super('on purpose');
    this.x = x;
  }
}

type ProcessEvent = 'uncaughtException' | 'uncaughtExceptionMonitor' | 'unhandledRejection';

/** Replaces the listeners of an event, such as a test runner's, and returns what restores them. */
function takeOver(event: ProcessEvent): Teardown {
  const others = process.rawListeners(event);
  const listener = (error: unknown): void => {
    if (error instanceof Unhandled) error.x.probe(event);
    else for (const other of others) Reflect.apply(other, process, [error, event]);
  };
  process.removeAllListeners(event);
  process.on(event as 'uncaughtException', listener);
  return () => {
    process.off(event, listener);
    for (const other of others) process.on(event, other as never);
  };
}

/** A way to fail that no framework sees. */
interface Failing {
  readonly id: string;
  /** Completes the sentence "... must show the handlers of the process the id of". */
  readonly title: string;
  readonly needs?: readonly Feature[];
  fail(error: Unhandled): void;
}

function fail(error: Unhandled): never {
  throw error;
}

const thrown: readonly Failing[] = [
  { id: 'timer', title: 'an error in a timer', fail: (error) => void setTimeout(fail, 1, error) },
  { id: 'interval', title: 'an error in an interval', fail: failInInterval },
  {
    id: 'immediate',
    title: 'an error in setImmediate',
    fail: (error) => void setImmediate(fail, error),
  },
  {
    id: 'tick',
    title: 'an error in process.nextTick',
    fail: (error) => process.nextTick(fail, error),
  },
  {
    id: 'callback',
    title: 'an error in a callback of fs',
    fail: (error) => fs.stat('.', () => fail(error)),
  },
  {
    id: 'emitter',
    title: "an 'error' without a listener",
    fail: (error) => void setTimeout(() => new EventEmitter().emit('error', error), 1),
  },
  {
    id: 'finish',
    title: "an error in a listener to the response's 'finish'",
    needs: ['node'],
    fail: (error) => void error.x.res.on('finish', () => fail(error)),
  },
  {
    id: 'close',
    title: "an error in a listener to the response's 'close'",
    needs: ['node'],
    fail: (error) => void error.x.res.on('close', () => fail(error)),
  },
];

function failInInterval(error: Unhandled): void {
  const interval = setInterval(() => {
    clearInterval(interval);
    fail(error);
  }, 1);
}

const rejected: readonly Failing[] = [
  { id: 'promise', title: 'a rejected promise', fail: (error) => void Promise.reject(error) },
  {
    id: 'async',
    title: 'an error in an async function that is not awaited',
    fail: (error) => void failLater(error),
  },
  {
    id: 'then',
    title: 'an error in a then',
    fail: (error) => void delay(1).then(() => fail(error)),
  },
  {
    id: 'all',
    title: 'an error in a branch of Promise.all',
    fail: (error) => void Promise.all([delay(1), failLater(error)]),
  },
  {
    id: 'listener',
    title: 'an error in an async listener',
    needs: ['node'],
    fail: (error) => void error.x.res.on('finish', () => failLater(error)),
  },
];

async function failLater(error: Unhandled): Promise<void> {
  await delay(1);
  throw error;
}

function toScenario(
  events: readonly ProcessEvent[],
  { id, title, needs = [], ...failing }: Failing,
): HttpScenario {
  return {
    id: `errors-process-${id}`,
    title: `show the handlers of the process the id of ${title}`,
    needs,
    probes: ['handler', ...events],
    routes: {
      'GET /': async (x) => {
        failing.fail(new Unhandled(x));
        await delay(1);
        x.probe('handler');
        x.send();
      },
    },
    prepare() {
      const restore = events.map(takeOver);
      return () => {
        for (const undo of restore) undo();
      };
    },
  };
}

export const errorsScenarios: readonly HttpScenario[] = [
  ...thrown.map((failing) =>
    toScenario(['uncaughtExceptionMonitor', 'uncaughtException'], failing),
  ),
  ...rejected.map((failing) => toScenario(['unhandledRejection'], failing)),
];
