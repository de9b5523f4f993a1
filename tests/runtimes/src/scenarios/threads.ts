import assert from 'node:assert/strict';
import { execFile, type Serializable, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import {
  type HttpScenario,
  inHandler,
  type ProbedExchange,
} from '@request-context/conformance/engine';
import {
  childEnv,
  type EmitterPort,
  onMessage,
  type TargetPort,
  wrapMessage,
} from '@request-context/propagation/worker-threads';

const { resolve } = createRequire(import.meta.url);
const propagation = JSON.stringify(resolve('@request-context/propagation/worker-threads'));
const core = JSON.stringify(resolve('@request-context/core'));

/** The code of a thread or a process. Replies to each message with the ids at its start and after a wait. */
const replying = `
  const { parentPort } = require('node:worker_threads');
  const { onMessage, wrapMessage } = require(${propagation});
  const { getRequestId } = require(${core});
  const post = (message) => (parentPort ? parentPort.postMessage(message) : process.send(message));
  onMessage(parentPort ?? process, async (number) => {
    const ids = [getRequestId()];
    await new Promise((resolve) => setTimeout(resolve, 1));
    post(wrapMessage({ number, ids: [...ids, getRequestId()] }));
  });`;

/** The code of a process. Prints the id of its environment. */
const reading = `
  const { contextFromEnv } = require(${propagation});
  process.stdout.write(contextFromEnv().requestId);`;

interface Reply {
  readonly number: number;
  readonly ids: readonly string[];
}

/** A port with its way to send, and its end. */
interface Opened {
  readonly port: EmitterPort;
  post(message: unknown): unknown;
  close(): unknown;
}

/** A worker or a child process that all requests share. The first request opens it. */
class SharedPort {
  readonly #open: () => Opened;
  readonly #callbacks = new Map<number, (ids: readonly string[]) => void>();
  #opened: Opened | undefined;
  #last = 0;

  constructor(open: () => Opened) {
    this.#open = open;
  }

  /** Sends a message. Calls back in the scope of the reply, with the ids that its handler had there. */
  ask(callback: (ids: readonly string[]) => void): void {
    this.#last += 1;
    this.#callbacks.set(this.#last, callback);
    this.#opened ??= this.#start();
    this.#opened.post(wrapMessage(this.#last));
  }

  #start(): Opened {
    const opened = this.#open();
    onMessage(opened.port, ({ number, ids }: Reply) => {
      this.#callbacks.get(number)?.(ids);
      this.#callbacks.delete(number);
    });
    return opened;
  }

  close(): unknown {
    return this.#opened?.close();
  }
}

/** The messages of one request. 24 requests send 312 side by side. */
const messages = 13;

function asking(id: string, title: string, open: () => Opened): HttpScenario {
  return inHandler<SharedPort>({
    id: `threads-${id}`,
    title,
    probes: ['reply', 'after'],
    open: () => new SharedPort(open),
    close: (shared) => shared.close(),
    async work(x, shared) {
      const ask = () =>
        new Promise<readonly string[]>((resolve) =>
          shared.ask((ids) => {
            x.probe('reply');
            resolve(ids);
          }),
        );
      const ids = (await Promise.all(Array.from({ length: messages }, ask))).flat();
      x.probe('after');
      assert.deepEqual(ids, Array(2 * messages).fill(x.id), 'its handlers have the id');
    },
  });
}

function openWorker(): Opened {
  const worker = new Worker(replying, { eval: true });
  return {
    port: worker,
    post: (message) => worker.postMessage(message),
    close: () => worker.terminate(),
  };
}

function openChild(): Opened {
  const child = spawn(process.execPath, ['-e', replying], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return {
    port: child,
    post: (message) => child.send(message as Serializable),
    close: () => child.kill(),
  };
}

/** Sends the request's id to a port that all requests listen to, and waits until it is there. */
async function sendOwnId(
  x: ProbedExchange,
  near: MessagePort,
  far: EmitterPort | TargetPort,
): Promise<void> {
  const seen = new Promise<void>((resolve) => {
    const stop = onMessage(far, (id) => {
      if (id !== x.id) return;
      x.probe('message');
      stop();
      resolve();
    });
  });
  near.postMessage(wrapMessage(x.id));
  await seen;
}

const run = promisify(execFile);

export const threadsScenarios: readonly HttpScenario[] = [
  asking(
    'worker',
    'keep the id in a worker that requests share, and in its replies, by onMessage',
    openWorker,
  ),
  asking(
    'process',
    'keep the id in a child process that requests share, and in its replies, by onMessage',
    openChild,
  ),
  inHandler({
    id: 'threads-channel',
    title: 'keep the id in the messages of a MessageChannel that requests share, by onMessage',
    probes: ['message'],
    open: () => new MessageChannel(),
    close: ({ port1 }) => port1.close(),
    work: (x, { port1, port2 }) => sendOwnId(x, port1, port2),
  }),
  inHandler({
    id: 'threads-channel-target',
    title: "keep the id in the messages of a MessageChannel that has only the Web's methods",
    probes: ['message'],
    open: () => new MessageChannel(),
    close: ({ port1 }) => port1.close(),
    // In Deno, a port has Node's methods only if something has imported node:worker_threads, and it must be started.
    work: (x, { port1, port2 }) =>
      sendOwnId(x, port1, {
        addEventListener: port2.addEventListener.bind(port2),
        removeEventListener: port2.removeEventListener.bind(port2),
        start: port2.start.bind(port2),
      }),
  }),
  inHandler({
    id: 'threads-env',
    title: "keep the id in a child process's environment, by childEnv and contextFromEnv",
    probes: ['after'],
    open: () => ({ started: 0 }),
    async work(x, shared) {
      // A new process of the runtime for every request would take too long.
      const isRuntime = shared.started % 6 === 0;
      shared.started += 1;
      const env = childEnv();
      const { stdout } = isRuntime
        ? await run(process.execPath, ['-e', reading], { env })
        : await run('printenv', ['X_REQUEST_ID'], { env });
      assert.equal(stdout.trim(), x.id);
      x.probe('after');
    },
  }),
];
