import { exec, spawn } from 'node:child_process';
import crypto from 'node:crypto';
import dns from 'node:dns';
import { once } from 'node:events';
import fs from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { MessageChannel, Worker } from 'node:worker_threads';
import zlib from 'node:zlib';
import { createBarrier, type HttpScenario, inHandler } from '@request-context/conformance/engine';
import { context } from '@request-context/core';
import { probeEvents } from './probe-events.ts';

/** Calls an API of Node, and `done` in its callback. */
type Call = (done: () => void) => void;

/** Calls of APIs with a callback, by their names in the list of probes. */
type Calls = Readonly<Record<string, Call>>;

/** Returns a scenario with a probe in each callback, and one after all. */
function callbacks(id: string, title: string, calls: Calls): HttpScenario {
  return inHandler({
    id: `node-apis-${id}`,
    title: `keep the id in callbacks of ${title}`,
    probes: [...Object.keys(calls), 'after'],
    async work(x) {
      await Promise.all(
        Object.entries(calls).map(
          ([label, call]) =>
            new Promise<void>((resolve) =>
              call(() => {
                x.probe(label);
                resolve();
              }),
            ),
        ),
      );
      x.probe('after');
    },
  });
}

/** Returns a scenario with a probe after each await. */
function awaits(
  id: string,
  title: string,
  calls: Readonly<Record<string, () => Promise<unknown>>>,
): HttpScenario {
  return inHandler({
    id: `node-apis-${id}`,
    title: `keep the id after awaits of ${title}`,
    probes: Object.keys(calls),
    async work(x) {
      for (const [label, call] of Object.entries(calls)) {
        await call();
        x.probe(label);
      }
    },
  });
}

const file = import.meta.filename;
const data = Buffer.alloc(50_000, 'data');
const zipped = zlib.gzipSync(data);

const callbackScenarios: readonly HttpScenario[] = [
  callbacks('fs', 'fs', {
    readFile: (done) => fs.readFile(file, done),
    stat: (done) => fs.stat(file, done),
    readdir: (done) => fs.readdir(tmpdir(), done),
    'a failure': (done) => fs.readFile(join(file, 'missing'), done),
    open: (done) => fs.open(file, (_error, fd) => fs.close(fd, done)),
  }),
  callbacks('dns', 'dns.lookup', {
    lookup: (done) => dns.lookup('localhost', done),
    'lookup of all': (done) => dns.lookup('localhost', { all: true }, done),
    'an address': (done) => dns.lookup('127.0.0.1', done),
  }),
  callbacks('zlib', 'zlib', {
    gzip: (done) => zlib.gzip(data, done),
    gunzip: (done) => zlib.gunzip(zipped, done),
    brotliCompress: (done) => zlib.brotliCompress(data.subarray(0, 500), done),
    'a failure': (done) => zlib.gunzip(data, done),
  }),
  callbacks('crypto', 'crypto', {
    randomBytes: (done) => crypto.randomBytes(16, done),
    randomFill: (done) => crypto.randomFill(Buffer.alloc(16), done),
    pbkdf2: (done) => crypto.pbkdf2('secret', 'salt', 10, 16, 'sha256', done),
    scrypt: (done) => crypto.scrypt('secret', 'salt', 16, { N: 2 }, done),
    hkdf: (done) => crypto.hkdf('sha256', 'secret', 'salt', '', 16, done),
    generateKeyPair: (done) => crypto.generateKeyPair('ed25519', undefined, done),
  }),
];

const awaitScenarios: readonly HttpScenario[] = [
  awaits('fs-promises', 'fs/promises', {
    readFile: () => fs.promises.readFile(file),
    stat: () => fs.promises.stat(file),
    readdir: () => fs.promises.readdir(tmpdir()),
    'a failure': () => fs.promises.readFile(join(file, 'missing')).catch(() => undefined),
    open: async () => {
      const handle = await fs.promises.open(file);
      await handle.read(Buffer.alloc(10), 0, 10, 0);
      await handle.close();
    },
  }),
  awaits('promisify', 'promisified functions', {
    lookup: () => promisify(dns.lookup)('localhost'),
    'dns.promises': () => dns.promises.lookup('localhost'),
    gzip: () => promisify(zlib.gzip)(data),
    pbkdf2: () => promisify(crypto.pbkdf2)('secret', 'salt', 10, 16, 'sha256'),
    'subtle.digest': () => crypto.subtle.digest('SHA-256', data),
  }),
];

const socketEvents = ['lookup', 'connect', 'ready', 'data', 'end', 'finish', 'close'];

/** Prints a line, sends a message, and ends. */
const talking = 'console.log(1); process.send(1, () => process.disconnect())';

const emitterScenarios: readonly HttpScenario[] = [
  inHandler({
    id: 'node-apis-fs-read-stream',
    title: 'keep the id in the events of fs.createReadStream',
    probes: ['open', 'ready', 'data', 'end', 'close'],
    work: (x) =>
      probeEvents(x, fs.createReadStream(file), ['open', 'ready', 'data', 'end', 'close']),
  }),
  inHandler({
    id: 'node-apis-fs-write-stream',
    title: 'keep the id in the events of fs.createWriteStream, and after a pipeline into it',
    probes: ['open', 'ready', 'finish', 'close', 'after'],
    open: () => fs.mkdtempSync(join(tmpdir(), 'conformance-')),
    close: (folder) => fs.rmSync(folder, { recursive: true }),
    async work(x, folder) {
      const stream = fs.createWriteStream(join(folder, `${Math.random()}`));
      const closed = probeEvents(x, stream, ['open', 'ready', 'finish', 'close']);
      await pipeline(Readable.from([data]), stream);
      x.probe('after');
      await closed;
    },
  }),
  inHandler({
    id: 'node-apis-zlib-streams',
    title: 'keep the id in the events of zlib streams',
    probes: ['data', 'end', 'close', 'after'],
    async work(x) {
      const gzip = zlib.createGzip();
      const closed = probeEvents(x, gzip, ['data', 'end', 'close']);
      gzip.end(data);
      await closed;
      await pipeline(Readable.from([zipped]), zlib.createGunzip(), new PassThrough().resume());
      x.probe('after');
    },
  }),
  inHandler({
    id: 'node-apis-readline',
    title: 'keep the id in the events of readline, and in a loop over it',
    probes: ['line', 'close', 'loop'],
    async work(x) {
      const lines = createInterface({ input: Readable.from(['a\nb\n', 'c\n']) });
      await probeEvents(x, lines, ['line', 'close']);
      for await (const _ of createInterface({ input: fs.createReadStream(file) })) x.probe('loop');
    },
  }),
  inHandler({
    id: 'node-apis-net',
    title: 'keep the id in the events of a socket that the request opens',
    probes: socketEvents,
    open: async () => {
      const server = createServer((socket) => socket.pipe(socket));
      await once(server.listen(0, '127.0.0.1'), 'listening');
      return server;
    },
    close: (server: Server) => server.close(),
    async work(x, server) {
      const socket: Socket = connect(portOf(server), 'localhost');
      const closed = probeEvents(x, socket, socketEvents);
      socket.write('ping');
      socket.once('data', () => socket.end());
      await closed;
    },
  }),
  inHandler({
    id: 'node-apis-exec',
    title: 'keep the id in the callback of exec',
    probes: ['exec', 'a failure'],
    work: (x) =>
      new Promise<void>((resolve) =>
        exec('exit 0', () => {
          x.probe('exec');
          exec('exit 1', () => {
            x.probe('a failure');
            resolve();
          });
        }),
      ),
  }),
  inHandler({
    id: 'node-apis-child',
    title: 'keep the id in the events of a child process',
    probes: ['spawn', 'stdout', 'exit', 'close'],
    open: () => ({ started: 0 }),
    async work(x, shared) {
      // A new Node process for every request would take too long.
      const isNode = shared.started % 6 === 0;
      shared.started += 1;
      const child = isNode
        ? spawn(process.execPath, ['-e', talking], { stdio: ['ignore', 'pipe', 'ignore', 'ipc'] })
        : spawn('echo', ['1'], { stdio: ['ignore', 'pipe', 'ignore'] });
      child.stdout?.on('data', () => x.probe('stdout'));
      const events = probeEvents(x, child, ['spawn', 'message', 'exit', 'close']);
      if (isNode) await once(child, 'message');
      await events;
    },
  }),
];

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

/** A worker's code. Replies to each message with the same message. */
const echoing =
  'const { parentPort } = require("node:worker_threads"); parentPort.on("message", (message) => parentPort.postMessage(message))';

/** A worker that all requests share. A number identifies each reply. */
class SharedWorker {
  readonly worker = new Worker(echoing, { eval: true });
  readonly #callbacks = new Map<number, () => void>();
  #last = 0;

  constructor() {
    this.worker.on('message', (number: number) => {
      this.#callbacks.get(number)?.();
      this.#callbacks.delete(number);
    });
  }

  ask(callback: () => void): void {
    this.#last += 1;
    this.#callbacks.set(this.#last, callback);
    this.worker.postMessage(this.#last);
  }
}

const sharedWorkerCase = {
  open: () => new SharedWorker(),
  close: ({ worker }: SharedWorker) => worker.terminate(),
} as const;

const workerScenarios: readonly HttpScenario[] = [
  inHandler({
    id: 'node-apis-worker',
    title: 'keep the id in the events of a worker that the request starts',
    probes: ['online', 'message', 'exit', 'terminated'],
    async work(x) {
      const worker = new Worker(echoing, { eval: true });
      const exited = probeEvents(x, worker, ['online', 'message', 'exit']);
      worker.postMessage('ping');
      await once(worker, 'message');
      await worker.terminate();
      x.probe('terminated');
      await exited;
    },
  }),
  inHandler({
    ...sharedWorkerCase,
    id: 'node-apis-shared-worker-await',
    title: 'keep the id after an await of the reply of a worker that requests share',
    probes: ['after'],
    async work(x, worker) {
      await new Promise<void>((resolve) => worker.ask(resolve));
      x.probe('after');
    },
  }),
  inHandler({
    ...sharedWorkerCase,
    id: 'node-apis-shared-worker-bind',
    title: 'keep the id in a bound callback with the reply of a worker that requests share',
    probes: ['callback'],
    work: (x, worker) =>
      new Promise<void>((resolve) => {
        const callback = context.bind(() => x.probe('callback'));
        worker.ask(() => resolve(callback()));
      }),
  }),
  inHandler({
    ...sharedWorkerCase,
    id: 'node-apis-shared-worker-plain',
    fails: 'the listeners of the worker are added outside any request',
    title: 'keep the id in a callback with the reply of a worker that requests share',
    probes: ['callback'],
    work: (x, worker) =>
      new Promise<void>((resolve) => worker.ask(() => resolve(x.probe('callback')))),
  }),
  inHandler({
    id: 'node-apis-message-channel',
    title: 'keep the id in the events of a MessageChannel of the request',
    probes: ['message', 'onmessage', 'close'],
    async work(x) {
      const { port1, port2 } = new MessageChannel();
      port2.on('message', () => {
        x.probe('message');
        port2.postMessage('pong');
      });
      const replied = new Promise((resolve) => {
        Object.assign(port1, { onmessage: () => resolve(x.probe('onmessage')) });
      });
      port2.on('close', () => x.probe('close'));
      port1.postMessage('ping');
      await replied;
      port1.close();
    },
  }),
];

/** Draws random numbers. Four requests together exhaust Node's cache of random bytes. */
function drawNumbers(callback: () => void): void {
  for (let n = 0; n < 300; n += 1) crypto.randomInt(10, () => {});
  crypto.randomInt(10, callback);
}

function randomInt(id: string, which: string, wrap: typeof context.bind): HttpScenario {
  return inHandler({
    id: `node-apis-random-int-${id}`,
    title: `keep the id in a ${which} of crypto.randomInt`,
    probes: ['callback'],
    open: () => createBarrier(),
    async work(x, meet) {
      await meet();
      await new Promise<void>((resolve) => {
        const callback = wrap(() => x.probe('callback'));
        drawNumbers(() => resolve(callback()));
      });
    },
  });
}

const randomIntScenarios: readonly HttpScenario[] = [
  randomInt('bind', 'bound callback', context.bind),
  randomInt('plain', 'callback', (callback) => callback),
];

const webScenarios: readonly HttpScenario[] = [
  inHandler({
    id: 'node-apis-abort-timeout',
    title: 'keep the id in the listeners of AbortSignal.timeout and AbortSignal.any',
    probes: ['timeout', 'any', 'rejected'],
    async work(x) {
      const signal = AbortSignal.timeout(2);
      signal.addEventListener('abort', () => x.probe('timeout'));
      const any = AbortSignal.any([signal, new AbortController().signal]);
      any.addEventListener('abort', () => x.probe('any'));
      await delay(1000, undefined, { signal: any }).catch(() => x.probe('rejected'));
    },
  }),
  inHandler({
    id: 'node-apis-web-streams',
    title: 'keep the id in the methods of web streams, and after reading them',
    probes: ['start', 'pull', 'transform', 'flush', 'write', 'piped', 'loop', 'text', 'inflated'],
    async work(x) {
      const source = (): ReadableStream<string> => {
        let left = 3;
        return new ReadableStream({
          start: () => x.probe('start'),
          async pull(controller) {
            await delay(1);
            x.probe('pull');
            left -= 1;
            if (left > 0) controller.enqueue('chunk');
            else controller.close();
          },
        });
      };
      const transform = new TransformStream<string, string>({
        transform(chunk, controller) {
          x.probe('transform');
          controller.enqueue(chunk);
        },
        flush: () => x.probe('flush'),
      });
      const sink = new WritableStream({ write: () => x.probe('write') });
      await source().pipeThrough(transform).pipeTo(sink);
      x.probe('piped');
      for await (const _ of source()) x.probe('loop');
      await new Response(source().pipeThrough(new TextEncoderStream())).text();
      x.probe('text');
      const inflated = new Blob([zipped]).stream().pipeThrough(new DecompressionStream('gzip'));
      await new Response(inflated).arrayBuffer();
      x.probe('inflated');
    },
  }),
];

export const nodeApisScenarios: readonly HttpScenario[] = [
  ...callbackScenarios,
  ...awaitScenarios,
  ...emitterScenarios,
  ...randomIntScenarios,
  ...workerScenarios,
  ...webScenarios,
];
