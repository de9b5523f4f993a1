import EventEmitter, { EventEmitterAsyncResource } from 'node:events';
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
