import EventEmitter, {
  captureRejectionSymbol,
  EventEmitterAsyncResource,
  errorMonitor,
  getEventListeners,
  once,
} from 'node:events';
import { PassThrough, Readable, Transform, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createContext } from '../src/index.ts';

const context = createContext<{ user: string }>();
const user = () => context.get('user');

/** Returns an emitter that is bound in ann's scope. */
function annsEmitter(make: () => EventEmitter = () => new EventEmitter()): EventEmitter {
  const emitter = make();
  return context.run({ user: 'ann' }, () => context.bindEmitter(emitter));
}

function asBob<T>(act: () => T): T {
  return context.run({ user: 'bob' }, act);
}

describe('a listener of a bound emitter', () => {
  it('run in the scope itself, where what it sets is seen', () => {
    context.run({ user: 'ann' }, () => {
      const emitter = context.bindEmitter(new EventEmitter());
      emitter.on('go', () => context.set('user', 'changed'));
      asBob(() => emitter.emit('go'));
      expect(user()).toBe('changed');
    });
  });

  it('run in the scopes of both contexts that bind the emitter', () => {
    const other = createContext<{ step: string }>();
    const emitter = annsEmitter();
    other.run({ step: 'one' }, () => other.bindEmitter(emitter));
    const seen: unknown[] = [];
    emitter.on('go', () => seen.push([user(), other.get('step')]));
    asBob(() => other.run({ step: 'two' }, () => emitter.emit('go')));
    asBob(() => context.bindEmitter(emitter));
    emitter.emit('go');
    expect(seen).toEqual([
      ['ann', 'one'],
      ['bob', 'one'],
    ]);
  });

  it("run in the scope again after it throws, which restores the emitting code's scope", () => {
    const emitter = annsEmitter();
    emitter.on('go', () => {
      throw new Error(`of ${user()}`);
    });
    asBob(() => {
      expect(() => emitter.emit('go')).toThrow('of ann');
      expect(user()).toBe('bob');
      expect(() => emitter.emit('go')).toThrow('of ann');
    });
  });

  it('run in the scope for newListener and removeListener, too', () => {
    const emitter = annsEmitter();
    const seen: unknown[] = [];
    emitter.on('newListener', (event) => seen.push(['added', event, user()]));
    emitter.on('removeListener', (event) => seen.push(['removed', event, user()]));
    const listener = () => {};
    asBob(() => emitter.on('go', listener).off('go', listener));
    expect(seen).toEqual([
      ['added', 'removeListener', 'ann'],
      ['added', 'go', 'ann'],
      ['removed', 'go', 'ann'],
    ]);
  });

  it('be in its scope again after it emits on another bound emitter', () => {
    const anns = annsEmitter();
    const bobs = asBob(() => context.bindEmitter(new EventEmitter()));
    const seen: unknown[] = [];
    bobs.on('go', () => seen.push(user()));
    anns.on('go', () => {
      seen.push(user());
      bobs.emit('go');
      seen.push(user());
    });
    anns.emit('go');
    expect(seen).toEqual(['ann', 'bob', 'ann']);
  });
});

describe('a bound emitter', () => {
  it('be returned by bindEmitter, and return listeners as they were added', () => {
    const emitter = new EventEmitter();
    expect(context.bindEmitter(emitter)).toBe(emitter);
    const listener = () => {};
    emitter.on('a', listener).once('b', listener);
    expect(emitter.listeners('a')).toEqual([listener]);
    expect(emitter.listeners('a')[0]).toBe(listener);
    expect(emitter.listeners('b')[0]).toBe(listener);
    expect(emitter.rawListeners('a')[0]).toBe(listener);
    const raw = emitter.rawListeners('b')[0];
    expect(raw).not.toBe(listener);
    expect(raw).toHaveProperty('listener', listener);
    expect(emitter.listenerCount('a')).toBe(1);
    expect(emitter.listenerCount('a', listener)).toBe(1);
    expect(emitter.listenerCount('b', listener)).toBe(1);
    expect(emitter.listenerCount('a', () => {})).toBe(0);
    expect(getEventListeners(emitter, 'a')).toEqual([listener]);
    expect(emitter.eventNames()).toEqual(['a', 'b']);
  });

  it('remove by off what on, once or prependOnceListener added, wherever it is called', () => {
    const emitter = new EventEmitter();
    let calls = 0;
    const listener = () => {
      calls += 1;
    };
    emitter.on('go', listener);
    context.run({ user: 'ann' }, () => context.bindEmitter(emitter).once('go', listener));
    emitter.prependOnceListener('go', listener);
    asBob(() => emitter.off('go', listener).off('go', listener).removeListener('go', listener));
    expect(emitter.listenerCount('go')).toBe(0);
    emitter.emit('go');
    expect(calls).toBe(0);
  });

  it('call a once listener once, and prepended listeners first', () => {
    const emitter = annsEmitter();
    const seen: string[] = [];
    emitter.on('go', () => seen.push('on'));
    emitter.once('go', () => seen.push('once'));
    emitter.prependListener('go', () => seen.push('prepended'));
    emitter.prependOnceListener('go', () => seen.push('prepended once'));
    emitter.emit('go');
    emitter.emit('go');
    expect(seen).toEqual(['prepended once', 'prepended', 'on', 'once', 'prepended', 'on']);
  });

  it('remove all listeners by removeAllListeners, of one event or of every', () => {
    const emitter = annsEmitter();
    for (const event of ['a', 'a', 'b', 'c']) emitter.on(event, () => {});
    emitter.removeAllListeners('a');
    expect(emitter.eventNames()).toEqual(['b', 'c']);
    emitter.removeAllListeners();
    expect(emitter.eventNames()).toEqual([]);
    expect(emitter.emit('a')).toBe(false);
  });

  it('keep the limit of listeners that is set', () => {
    const emitter = annsEmitter().setMaxListeners(2);
    expect(emitter.getMaxListeners()).toBe(2);
  });

  it('throw an error that has no listener, and pass it to the errorMonitor', () => {
    const emitter = annsEmitter();
    const problem = new Error('no');
    const seen: unknown[] = [];
    emitter.on(errorMonitor, (error) => seen.push(error, user()));
    expect(() => asBob(() => emitter.emit('error', problem))).toThrow(problem);
    expect(() => emitter.emit('error', { odd: true })).toThrow(/odd: true/);
    emitter.on('error', (error) => seen.push(error, user()));
    expect(asBob(() => emitter.emit('error', problem))).toBe(true);
    expect(seen).toEqual([problem, 'ann', { odd: true }, 'ann', problem, 'ann', problem, 'ann']);
  });

  it('capture rejections with its own handler', async () => {
    const emitter = annsEmitter(() => new EventEmitter({ captureRejections: true }));
    const handled = new Promise((resolve) => {
      Object.assign(emitter, {
        [captureRejectionSymbol]: (error: Error, event: string, ...args: unknown[]) =>
          resolve([error.message, event, args]),
      });
    });
    emitter.on('go', () => Promise.reject(new Error('no')));
    emitter.emit('go', 1, 2);
    expect(await handled).toEqual(['no', 'go', [1, 2]]);
  });

  it('work with events.once, which waits for one event or fails with an error', async () => {
    const emitter = annsEmitter();
    const first = asBob(async () => [await once(emitter, 'go'), user()]);
    emitter.emit('go', 1, 2);
    expect(await first).toEqual([[1, 2], 'bob']);
    expect(emitter.listenerCount('go')).toBe(0);
    const failing = once(emitter, 'go');
    emitter.emit('error', new Error('no'));
    await expect(failing).rejects.toThrow('no');
    expect(emitter.eventNames()).toEqual([]);
  });

  it('keep its keys, and accept an emit that wraps its own', () => {
    const plain = new EventEmitter();
    const emitter = annsEmitter();
    expect(Object.keys(emitter)).toEqual(Object.keys(plain));
    expect({ ...emitter }).toEqual({ ...plain });
    expect(Object.getOwnPropertyDescriptor(emitter, 'emit')).toMatchObject({
      enumerable: false,
      writable: true,
      configurable: true,
    });
    expect(emitter).toBeInstanceOf(EventEmitter);
    const before = emitter.emit;
    emitter.emit = (...args) => before.apply(emitter, args);
    let seen: unknown;
    emitter.on('go', () => {
      seen = user();
    });
    asBob(() => emitter.emit('go'));
    expect(seen).toBe('ann');
    expect(Object.keys(emitter)).toEqual(Object.keys(plain));
  });

  it('call the emit of its class once, in the scope', () => {
    const seen: unknown[] = [];
    class Loud extends EventEmitter {
      override emit(event: string | symbol, ...args: unknown[]): boolean {
        seen.push([event, user()]);
        return super.emit(event, ...args, 'more');
      }
    }
    const emitter = annsEmitter(() => new Loud());
    emitter.on('go', (...args) => seen.push(args));
    asBob(() => expect(emitter.emit('go', 1)).toBe(true));
    expect(seen).toEqual([
      ['go', 'ann'],
      [1, 'more'],
    ]);
  });

  it('be of any class with an emit', () => {
    const bus = {
      emit(what: string) {
        return [what, user(), this === bus];
      },
    };
    context.run({ user: 'ann' }, () => context.bindEmitter(bus));
    expect(asBob(() => bus.emit('go'))).toEqual(['go', 'ann', true]);
  });

  it('keep the context in which it was created if it is an EventEmitterAsyncResource', () => {
    const emitter = asBob(() => new EventEmitterAsyncResource({ name: 'Test' }));
    context.run({ user: 'ann' }, () => context.bindEmitter(emitter));
    const seen: unknown[] = [];
    emitter.on('go', () => seen.push(user()));
    emitter.emit('go');
    expect(seen).toEqual(['bob']);
  });

  it('be rejected each time if it is frozen', () => {
    const emitter = Object.freeze(new EventEmitter());
    for (let time = 0; time < 2; time += 1) {
      expect(() => context.bindEmitter(emitter)).toThrow(TypeError);
    }
  });
});

describe('a bound stream', () => {
  it('emit all its events in the scope, wherever it is read, written or ended', async () => {
    const stream = context.run({ user: 'ann' }, () => context.bindEmitter(new PassThrough()));
    const seen: [string, unknown][] = [];
    const events = ['resume', 'data', 'end', 'prefinish', 'finish', 'close', 'pause'];
    for (const event of events) stream.on(event, () => seen.push([event, user()]));
    await asBob(async () => {
      stream.write('a');
      await sleep(1);
      stream.end('b');
      await finished(stream);
      expect(user()).toBe('bob');
    });
    const names = seen.map(([event]) => event);
    for (const event of ['data', 'end', 'finish', 'close']) expect(names).toContain(event);
    expect(new Set(seen.map(([, who]) => who))).toEqual(new Set(['ann']));
  });

  it('fail in the scope', async () => {
    const stream = context.run({ user: 'ann' }, () =>
      context.bindEmitter(
        new Writable({ write: (_chunk, _encoding, done) => done(new Error('full')) }),
      ),
    );
    const failed = new Promise((resolve) => {
      stream.on('error', (error) => resolve([error.message, user()]));
    });
    asBob(() => stream.write('a'));
    expect(await failed).toEqual(['full', 'ann']);
  });

  it('flow through a pipeline and async iteration without loss', async () => {
    const words = Array.from({ length: 1000 }, (_, n) => `word${n} `);
    const seen = new Set<unknown>();
    const [source, upper] = context.run({ user: 'ann' }, () => [
      context.bindEmitter(Readable.from(words)),
      context.bindEmitter(
        new Transform({
          transform: (chunk, _encoding, done) => done(null, String(chunk).toUpperCase()),
        }),
      ),
    ]);
    upper.on('data', () => seen.add(user()));
    const collected: string[] = [];
    await asBob(() =>
      pipeline(source, upper, async (chunks) => {
        for await (const chunk of chunks) collected.push(String(chunk));
      }),
    );
    expect(collected.join('')).toBe(words.join('').toUpperCase());
    expect(seen).toEqual(new Set(['ann']));
  });
});
