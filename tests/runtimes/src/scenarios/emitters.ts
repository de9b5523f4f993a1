import { EventEmitter, on, once } from 'node:events';
import {
  Duplex,
  finished,
  PassThrough,
  pipeline,
  Readable,
  Transform,
  Writable,
} from 'node:stream';
import { text } from 'node:stream/consumers';
import * as promises from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type HttpScenario,
  inHandler,
  type ProbedExchange,
} from '@request-context/conformance/engine';
import { context } from '@request-context/core';
import { Bus } from './bus.ts';
import { probeEvents } from './probe-events.ts';

const busCase = { open: () => new Bus(), probes: ['message', 'after'] } as const;

/** A request's emitter, whose events come from a part that all requests share. */
class Query extends EventEmitter {
  constructor(bus: Bus) {
    super();
    bus.call(() => {
      this.emit('row');
      this.emit('end');
    });
  }
}

async function listenToQuery(x: ProbedExchange, query: Query): Promise<void> {
  query.on('row', () => x.probe('row'));
  query.once('end', () => x.probe('end'));
  await once(query, 'end');
  x.probe('after');
}

const queryCase = { open: () => new Bus(), probes: ['row', 'end', 'after'] } as const;

const emitterScenarios: readonly HttpScenario[] = [
  inHandler({
    id: 'emitters-own',
    title: 'keep the id in the events of an emitter that the request makes and emits from',
    probes: ['sync', 'later'],
    work: (x) =>
      new Promise<void>((resolve) => {
        const emitter = new EventEmitter();
        emitter.on('sync', () => x.probe('sync'));
        emitter.emit('sync');
        emitter.once('later', () => {
          x.probe('later');
          resolve();
        });
        setTimeout(() => emitter.emit('later'), 1);
      }),
  }),
  inHandler({
    ...busCase,
    id: 'emitters-shared-bind',
    title: 'keep the id in a bound listener of an emitter that requests share',
    async work(x, bus) {
      const listener = context.bind(() => x.probe('message'));
      bus.on('message', listener);
      await once(bus.ask(), 'message');
      bus.off('message', listener);
      x.probe('after');
    },
  }),
  inHandler({
    ...busCase,
    id: 'emitters-shared-plain',
    fails: 'a listener runs in the context of the code that emits',
    title: 'keep the id in a listener of an emitter that requests share',
    async work(x, bus) {
      bus.once('message', () => x.probe('message'));
      await once(bus.ask(), 'message');
      x.probe('after');
    },
  }),
  inHandler({
    ...busCase,
    id: 'emitters-shared-once-on',
    title: 'keep the id after once and in on of an emitter that requests share',
    async work(x, bus) {
      await once(bus.ask(), 'message');
      x.probe('after');
      for await (const _ of on(bus.ask(), 'message')) {
        x.probe('message');
        break;
      }
    },
  }),
  inHandler({
    id: 'emitters-shared-emit',
    title: 'show a listener of the process the id of the request that emits',
    probes: ['heard'],
    open: () => new EventEmitter().on('heard', (x: ProbedExchange) => x.probe('heard')),
    async work(x, emitter) {
      emitter.emit('heard', x);
      await delay(1);
      emitter.emit('heard', x);
    },
  }),
  inHandler({
    ...queryCase,
    id: 'emitters-query-bind-emitter',
    title: 'keep the id in the events of an emitter of the request by bindEmitter',
    work: (x, bus) => listenToQuery(x, context.bindEmitter(new Query(bus))),
  }),
  inHandler({
    ...queryCase,
    id: 'emitters-query-plain',
    fails: 'a listener runs in the context of the code that emits',
    title: 'keep the id in the events of an emitter of the request, emitted from elsewhere',
    work: (x, bus) => listenToQuery(x, new Query(bus)),
  }),
  inHandler({
    ...busCase,
    id: 'emitters-target-bind',
    title: 'keep the id in a bound listener of an EventTarget that requests share',
    async work(x, bus) {
      bus.target.addEventListener(
        'message',
        context.bind(() => x.probe('message')),
        { once: true },
      );
      await once(bus.ask().target, 'message');
      x.probe('after');
    },
  }),
  inHandler({
    ...busCase,
    id: 'emitters-target-plain',
    fails: 'a listener runs in the context of the code that dispatches the event',
    title: 'keep the id in a listener of an EventTarget that requests share',
    async work(x, bus) {
      bus.target.addEventListener('message', () => x.probe('message'), { once: true });
      await once(bus.ask().target, 'message');
      x.probe('after');
    },
  }),
  inHandler({
    id: 'emitters-target-own',
    title: 'keep the id in listeners of an EventTarget and an AbortSignal of the request',
    probes: ['event', 'abort', 'onabort'],
    async work(x) {
      const target = new EventTarget();
      target.addEventListener('event', () => x.probe('event'));
      setTimeout(() => target.dispatchEvent(new Event('event')), 1);
      const controller = new AbortController();
      controller.signal.addEventListener('abort', () => x.probe('abort'));
      controller.signal.onabort = () => x.probe('onabort');
      setTimeout(() => controller.abort(), 1);
      await delay(3);
    },
  }),
  inHandler({
    id: 'emitters-abort-elsewhere',
    title: 'keep the id in a bound listener of an AbortSignal that is aborted from elsewhere',
    probes: ['abort'],
    open: () => new Bus(),
    work: (x, bus) =>
      new Promise<void>((resolve) => {
        const controller = new AbortController();
        const listener = context.bind(() => {
          x.probe('abort');
          resolve();
        });
        controller.signal.addEventListener('abort', listener);
        bus.call(() => controller.abort());
      }),
  }),
];

/** Three chunks, a millisecond apart. */
async function* chunks(): AsyncGenerator<string> {
  for (const chunk of ['a', 'b', 'c']) {
    await delay(1);
    yield chunk;
  }
}

/** A request's stream, whose data comes from a part that all requests share, such as a socket. */
class Feed extends Readable {
  readonly #bus: Bus;
  #left = 3;

  constructor(bus: Bus) {
    super();
    this.#bus = bus;
  }

  override _read(): void {
    this.#left -= 1;
    this.#bus.call(() => void this.push(this.#left > 0 ? 'chunk' : null));
  }
}

/** A request's stream, which writes through a part that all requests share. */
class Sink extends Writable {
  readonly #bus: Bus;

  constructor(bus: Bus) {
    super({ highWaterMark: 1 });
    this.#bus = bus;
  }

  override _write(_chunk: unknown, _encoding: string, callback: () => void): void {
    this.#bus.call(callback);
  }
}

function writeSink(x: ProbedExchange, sink: Sink): Promise<void> {
  const closed = probeEvents(x, sink, ['drain', 'finish', 'close']);
  sink.once('drain', () => sink.end());
  sink.write('chunk');
  return closed;
}

function upperCase(x: ProbedExchange): Transform {
  return new Transform({
    transform(chunk, _encoding, done) {
      x.probe('transform');
      setTimeout(done, 1, null, String(chunk).toUpperCase());
    },
    flush(done) {
      x.probe('flush');
      done();
    },
  });
}

function sink(x: ProbedExchange): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      x.probe('write');
      setTimeout(done, 1);
    },
    final(done) {
      x.probe('final');
      done();
    },
  });
}

const feedEvents = ['data', 'end', 'close'];
const feedCase = { open: () => new Bus(), probes: feedEvents } as const;
const sinkCase = { open: () => new Bus(), probes: ['drain', 'finish', 'close'] } as const;

const streamScenarios: readonly HttpScenario[] = [
  inHandler({
    id: 'emitters-readable-from',
    title: 'keep the id in the events of Readable.from, and in loops over it',
    probes: ['data', 'end', 'close', 'loop', 'readable', 'after'],
    async work(x) {
      const stream = Readable.from(chunks());
      await probeEvents(x, stream, ['data', 'end', 'close']);
      for await (const _ of Readable.from(chunks())) x.probe('loop');
      const paused = Readable.from(chunks());
      paused.on('readable', () => {
        x.probe('readable');
        while (paused.read() !== null);
      });
      await once(paused, 'end');
      x.probe('after');
    },
  }),
  inHandler({
    id: 'emitters-transform',
    title: 'keep the id in the methods and events of piped streams',
    probes: ['transform', 'flush', 'write', 'final', 'pipe', 'finish'],
    async work(x) {
      const end = sink(x);
      const ended = probeEvents(x, end, ['pipe', 'finish']);
      Readable.from(chunks()).pipe(upperCase(x)).pipe(new PassThrough()).pipe(end);
      await ended;
    },
  }),
  inHandler({
    id: 'emitters-pipeline',
    title: 'keep the id in and after pipeline',
    probes: ['generator', 'transform', 'write', 'callback', 'after', 'failed'],
    async work(x) {
      await new Promise<void>((resolve) => {
        pipeline(Readable.from(chunks()), upperCase(x), sink(x), () => {
          x.probe('callback');
          resolve();
        });
      });
      await promises.pipeline(
        chunks(),
        async function* (source) {
          for await (const chunk of source) {
            x.probe('generator');
            yield chunk;
          }
        },
        sink(x),
      );
      x.probe('after');
      const failing = new Transform({ transform: (_chunk, _encoding, done) => done(new Error()) });
      await promises.pipeline(chunks(), failing, sink(x)).catch(() => x.probe('failed'));
    },
  }),
  inHandler({
    id: 'emitters-finished',
    title: 'keep the id in and after stream.finished',
    probes: ['callback', 'after', 'destroyed', 'error'],
    async work(x) {
      const stream = Readable.from(chunks());
      finished(stream, () => x.probe('callback'));
      stream.resume();
      await promises.finished(stream);
      x.probe('after');
      const destroyed = new PassThrough();
      finished(destroyed, () => x.probe('destroyed'));
      destroyed.on('error', () => x.probe('error'));
      destroyed.destroy(new Error('on purpose'));
      await new Promise((resolve) => destroyed.on('close', resolve));
    },
  }),
  inHandler({
    id: 'emitters-stream-helpers',
    title: 'keep the id in the helpers of streams: map, forEach, toArray, consumers, compose',
    probes: ['map', 'forEach', 'toArray', 'text', 'duplex'],
    async work(x) {
      const mapped = Readable.from(chunks()).map((chunk) => {
        x.probe('map');
        return chunk;
      });
      await mapped.forEach(() => {
        x.probe('forEach');
      });
      await Readable.from(chunks()).toArray();
      x.probe('toArray');
      await text(Readable.from(chunks()));
      x.probe('text');
      const duplex = Duplex.from(async function* (source: AsyncIterable<string>) {
        for await (const chunk of source) {
          x.probe('duplex');
          yield chunk;
        }
      });
      await text(Readable.from(chunks()).pipe(duplex));
    },
  }),
  inHandler({
    ...feedCase,
    id: 'emitters-feed-bind-emitter',
    title: 'keep the id in the events of a stream that is fed from elsewhere, by bindEmitter',
    work: (x, bus) => probeEvents(x, context.bindEmitter(new Feed(bus)), feedEvents),
  }),
  inHandler({
    ...feedCase,
    id: 'emitters-feed-plain',
    fails: 'a stream emits in the context of the code that pushes the data',
    title: 'keep the id in the events of a stream that is fed from elsewhere',
    work: (x, bus) => probeEvents(x, new Feed(bus), feedEvents),
  }),
  inHandler({
    id: 'emitters-feed-loop',
    title: 'keep the id in a loop over a stream that is fed from elsewhere, and after pipeline',
    probes: ['loop', 'after'],
    open: () => new Bus(),
    async work(x, bus) {
      for await (const _ of new Feed(bus)) x.probe('loop');
      await promises.pipeline(new Feed(bus), new PassThrough().resume());
      x.probe('after');
    },
  }),
  inHandler({
    ...sinkCase,
    id: 'emitters-sink-bind-emitter',
    title: 'keep the id in the events of a stream that is written from elsewhere, by bindEmitter',
    work: (x, bus) => writeSink(x, context.bindEmitter(new Sink(bus))),
  }),
  inHandler({
    ...sinkCase,
    id: 'emitters-sink-plain',
    fails: 'a stream emits in the context of the code that reports the data as written',
    title: 'keep the id in the events of a stream that is written from elsewhere',
    work: (x, bus) => writeSink(x, new Sink(bus)),
  }),
];

export const emittersScenarios: readonly HttpScenario[] = [...emitterScenarios, ...streamScenarios];
