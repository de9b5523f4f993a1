import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  type Context,
  context,
  createContext,
  getRequestId,
  InvalidOptionError,
  MissingValueError,
  NoContextError,
} from '../src/index.ts';

interface Values {
  user: string;
  tries: number | undefined;
  list: string[];
}

const own = createContext<Values>({ name: 'test' });

/** Returns what `call` throws. */
function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('run', () => {
  it('return what the task returns, a promise included', async () => {
    expect(own.run({}, () => 42)).toBe(42);
    await expect(own.run({}, async () => 'later')).resolves.toBe('later');
  });

  it('throw what the task throws, and end the scope', () => {
    const problem = new Error('no');
    const thrown = errorOf(() =>
      own.run({ user: 'ann' }, () => {
        throw problem;
      }),
    );
    expect(thrown).toBe(problem);
    expect(own.active).toBe(false);
  });

  it('inherit nothing from an outer run, and leave it unchanged', () => {
    own.run({ user: 'ann', tries: 1 }, () => {
      own.run({ user: 'bob' }, () => {
        expect(own.toObject()).toEqual({ user: 'bob' });
        own.set('tries', 9);
      });
      expect(own.toObject()).toEqual({ user: 'ann', tries: 1 });
    });
  });

  it('copy the object of values: neither changes with the other', () => {
    const values = { user: 'ann' };
    own.run(values, () => {
      own.set('user', 'bob');
      expect(values.user).toBe('ann');
      values.user = 'eve';
      expect(own.get('user')).toBe('bob');
    });
  });

  it('take only own enumerable properties, symbols included, and call a getter once', () => {
    const tag = Symbol('tag');
    const any = createContext();
    let calls = 0;
    const values = Object.create({ inherited: 1 }, { hidden: { value: 1, enumerable: false } });
    values[tag] = 'symbol';
    Object.defineProperty(values, 'counted', { get: () => ++calls, enumerable: true });
    any.run(values, () => {
      expect(any.get('inherited')).toBeUndefined();
      expect(any.get('hidden')).toBeUndefined();
      expect(any.get(tag)).toBe('symbol');
      expect([any.get('counted'), any.get('counted')]).toEqual([1, 1]);
    });
  });

  it('keep 100 concurrent tasks apart, each of many steps', async () => {
    const done = Array.from({ length: 100 }, (_, n) =>
      own.run({ user: `user${n}`, tries: 0 }, async () => {
        for (let step = 1; step <= 10; step += 1) {
          await sleep(Math.random() * 3);
          expect(own.require('user')).toBe(`user${n}`);
          own.set('tries', own.get('tries', 0) + 1);
        }
        return own.toObject();
      }),
    );
    expect(await Promise.all(done)).toEqual(
      Array.from({ length: 100 }, (_, n) => ({ user: `user${n}`, tries: 10 })),
    );
    expect(own.active).toBe(false);
  });
});

describe('a context, inside run()', () => {
  it('get a value, or the fallback if it is undefined', () => {
    own.run({ user: 'ann', tries: undefined }, () => {
      expect(own.get('user')).toBe('ann');
      expect(own.get('user', 'nobody')).toBe('ann');
      expect(own.get('list')).toBeUndefined();
      expect(own.get('list', 'none')).toBe('none');
      expect(own.get('tries', 0)).toBe(0);
    });
  });

  it.each([0, '', false, null, Number.NaN])(
    'count %j as a value, without fallback or error',
    (value) => {
      const any = createContext();
      any.run({ value }, () => {
        expect(any.get('value', 'fallback')).toBe(value);
        expect(any.require('value')).toBe(value);
        expect(any.has('value')).toBe(true);
      });
    },
  );

  it('set, delete and clear values, and return whether delete() removed one', () => {
    own.run({ user: 'ann' }, () => {
      own.set('user', 'bob');
      own.set('tries', 1);
      expect(own.toObject()).toEqual({ user: 'bob', tries: 1 });
      expect(own.delete('user')).toBe(true);
      expect(own.delete('user')).toBe(false);
      expect(own.has('user')).toBe(false);
      expect(own.toObject()).toEqual({ tries: 1 });
      own.clear();
      expect(own.toObject()).toEqual({});
      expect(own.active).toBe(true);
      own.set('user', 'eve');
      expect(own.get('user')).toBe('eve');
    });
  });

  it('count undefined as a value in has(), but not in get() and require()', () => {
    own.run({ tries: undefined }, () => {
      expect(own.has('tries')).toBe(true);
      expect(own.has('user')).toBe(false);
      expect(own.get('tries')).toBeUndefined();
      expect(() => own.require('tries')).toThrow(MissingValueError);
      expect(Object.keys(own.toObject())).toEqual(['tries']);
    });
  });

  it('return a plain object with the values themselves from toObject()', () => {
    const list = ['a'];
    own.run({ user: 'ann', list }, () => {
      const plain = own.toObject();
      expect(Object.getPrototypeOf(plain)).toBe(Object.prototype);
      expect(plain.list).toBe(list);
      plain.user = 'bob';
      delete plain.list;
      expect(own.toObject()).toEqual({ user: 'ann', list: ['a'] });
    });
  });

  it('be active, and not outside', async () => {
    expect(own.active).toBe(false);
    await own.run({}, async () => {
      expect(own.active).toBe(true);
      await null;
      expect(own.active).toBe(true);
    });
    expect(own.active).toBe(false);
  });
});

describe('a context, outside run()', () => {
  it('return nothing, and not throw, when it is read', () => {
    expect(own.get('user')).toBeUndefined();
    expect(own.get('user', 'nobody')).toBe('nobody');
    expect(own.has('user')).toBe(false);
    expect(own.toObject()).toEqual({});
    expect(getRequestId()).toBeUndefined();
  });

  const loud: [string, () => unknown][] = [
    ["context.require('user')", () => own.require('user')],
    ["context.set('user')", () => own.set('user', 'ann')],
    ["context.delete('user')", () => own.delete('user')],
    ['context.clear()', () => own.clear()],
    ['context.require(Symbol(tag))', () => createContext().require(Symbol('tag'))],
    ['context.set(7)', () => createContext().set(7, 'seven')],
  ];
  it.each(loud)('throw a NoContextError from %s that says what to check', (call, act) => {
    const error = errorOf(act);
    expect(error).toBeInstanceOf(NoContextError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'NoContextError', code: 'ERR_NO_CONTEXT' });
    const { message } = error as NoContextError;
    expect(message).toContain(`${call} was called outside of any context.`);
    const advice = [
      'inside context.run()',
      'middleware is registered, before',
      'context.bind() or context.bindEmitter()',
      'npm ls @request-context/core',
    ];
    for (const words of advice) expect(message).toContain(words);
  });

  it.each([
    ['user', "'user'"],
    [Symbol('tag'), 'Symbol(tag)'],
    [7, '7'],
  ])('name a missing %s in the MissingValueError', (key, shown) => {
    const any = createContext();
    const error = errorOf(() => any.run({}, () => any.require(key)));
    expect(error).toBeInstanceOf(MissingValueError);
    expect(error).toMatchObject({ name: 'MissingValueError', code: 'ERR_MISSING_VALUE', key });
    const { message } = error as MissingValueError;
    expect(message).toContain(`no value for ${shown}.`);
    expect(message).toContain('context.set()');
    expect(message).toContain('context.get()');
  });

  it('start the stack of an error where the context was used', () => {
    function theCulprit() {
      own.set('user', 'ann');
    }
    expect((errorOf(theCulprit) as Error).stack).toContain('theCulprit');
  });
});

describe('a key', () => {
  it('be the same as a number and as its string, as in every object', () => {
    const any = createContext();
    any.run({ 1: 'one' }, () => {
      expect(any.get('1')).toBe('one');
      expect(any.get(1)).toBe('one');
    });
  });
});

describe('bind', () => {
  it('run the function in the scope that was current, wherever it is called', () => {
    const read = own.run({ user: 'ann' }, () => own.bind(() => own.get('user')));
    expect(read()).toBe('ann');
    own.run({ user: 'bob' }, () => {
      expect(read()).toBe('ann');
      expect(own.get('user')).toBe('bob');
    });
  });

  it('keep this, arguments, result, name and length', () => {
    function area(this: { unit: string }, width: number, height: number) {
      return `${width * height}${this.unit}`;
    }
    const bound = own.run({}, () => own.bind(area));
    expect(bound.call({ unit: 'm2' }, 2, 3)).toBe('6m2');
    const square = { unit: 'px', area: bound };
    expect(square.area(4, 5)).toBe('20px');
    expect(bound.name).toBe('area');
    expect(bound.length).toBe(2);
  });

  it("keep the function's own properties: symbols, hidden ones and accessors too", async () => {
    const tag = Symbol('tag');
    let reads = 0;
    class Client {
      readonly isOpen = true;
      static connect() {}
      static [tag] = 'tagged';
      static get counted() {
        return ++reads;
      }
    }
    const original: unknown = Client;
    const bound = own.run({}, () => own.bind(original as (() => void) & typeof Client));
    expect(reads).toBe(0);
    for (const key of ['connect', tag, 'counted', 'name', 'length'] as const) {
      expect(Object.getOwnPropertyDescriptor(bound, key)).toEqual(
        Object.getOwnPropertyDescriptor(Client, key),
      );
    }
    expect(bound.prototype).not.toBe(Client.prototype);
    // Sloppy: it has a prototype, arguments and caller.
    const sloppy = new Function('return this');
    const boundSloppy = own.bind(sloppy as () => unknown);
    expect(boundSloppy.prototype).not.toBe(sloppy.prototype);
    expect(Reflect.ownKeys(boundSloppy)).not.toContain('caller');
  });

  it('keep what promisify looks for', async () => {
    const later = own.run({ user: 'ann' }, () => promisify(own.bind(setTimeout)));
    await expect(own.run({ user: 'bob' }, () => later(1, 'value'))).resolves.toBe('value');
  });

  it("throw the function's errors, and restore the caller's scope", () => {
    const problem = new Error('no');
    const fail = own.run({ user: 'ann' }, () =>
      own.bind(() => {
        throw problem;
      }),
    );
    own.run({ user: 'bob' }, () => {
      expect(errorOf(fail)).toBe(problem);
      expect(own.get('user')).toBe('bob');
    });
  });

  it('carry the scope itself: later writes are seen on both sides', () => {
    own.run({ tries: 1 }, () => {
      const add = own.bind(() => own.set('tries', own.get('tries', 0) + 1));
      own.set('tries', 5);
      own.run({}, add);
      expect(own.get('tries')).toBe(6);
    });
  });

  it('run the function outside any context if bound there', () => {
    const isActive = own.bind(() => own.active);
    expect(own.run({}, isActive)).toBe(false);
  });

  it('leave other contexts as they are at the call', () => {
    const other = createContext<{ step: string }>();
    const bound = other.run({ step: 'made' }, () =>
      own.run({ user: 'ann' }, () => own.bind(() => [own.get('user'), other.get('step')])),
    );
    expect(other.run({ step: 'called' }, bound)).toEqual(['ann', 'called']);
  });
});

describe('snapshot', () => {
  it('run any function, with arguments, in the scope where it was taken', () => {
    const inside = own.run({ user: 'ann' }, () => own.snapshot());
    const greet = (greeting: string, mark: string) => `${greeting} ${own.get('user')}${mark}`;
    expect(inside(greet, 'hello', '!')).toBe('hello ann!');
    own.run({ user: 'bob' }, () => {
      expect(inside(greet, 'bye', '.')).toBe('bye ann.');
      expect(own.get('user')).toBe('bob');
    });
    expect(inside(() => own.get('user'))).toBe('ann');
  });

  it('run a function outside any context if taken there', () => {
    const outside = own.snapshot();
    expect(own.run({}, () => outside(() => own.active))).toBe(false);
  });

  it('stay with the tasks that the function starts', async () => {
    const inside = own.run({ user: 'ann' }, () => own.snapshot());
    const read = async () => {
      await sleep(1);
      return own.get('user');
    };
    expect(await own.run({ user: 'bob' }, () => inside(read))).toBe('ann');
  });
});

describe('a context', () => {
  it('need no this: its methods can be destructured', () => {
    const { run, fork, get, require: need, set, has, delete: remove, clear, toObject } = own;
    const { bind, snapshot, bindEmitter } = own;
    run({ user: 'ann' }, () => {
      set('tries', 1);
      expect([get('user'), need('tries'), has('list')]).toEqual(['ann', 1, false]);
      fork(() => expect(remove('tries')).toBe(true), { inherit: 'share' });
      expect(toObject()).toEqual({ user: 'ann' });
      const read = bind(() => get('user'));
      expect(run({}, read)).toBe('ann');
      const inside = snapshot();
      expect(run({}, () => inside(get<'user'>, 'user'))).toBe('ann');
      const emitter = bindEmitter(new EventEmitter());
      emitter.on('go', () => set('tries', 7));
      run({}, () => emitter.emit('go'));
      expect(get('tries')).toBe(7);
      clear();
      expect(toObject()).toEqual({});
    });
  });

  it('be frozen: no code can replace a method for all others', () => {
    expect(Object.isFrozen(context)).toBe(true);
    expect(Object.isFrozen(own)).toBe(true);
  });

  it('be independent of every other', () => {
    const other = createContext<Values>({ name: 'test' });
    own.run({ user: 'ann' }, () => {
      expect(other.active).toBe(false);
      other.run({ user: 'bob' }, () => {
        expect([own.get('user'), other.get('user')]).toEqual(['ann', 'bob']);
      });
      context.run({ requestId: 'a' }, () => expect(own.get('user')).toBe('ann'));
    });
  });

  it('be read by getRequestId() if it is the default one', async () => {
    await context.run({ requestId: 'myid' }, async () => {
      await sleep(1);
      expect(getRequestId()).toBe('myid');
      context.set('requestId', 'other');
      expect(getRequestId()).toBe('other');
      createContext<{ requestId: string }>().run({ requestId: 'x' }, () =>
        expect(getRequestId()).toBe('other'),
      );
    });
    expect(getRequestId()).toBeUndefined();
  });
});

describe('the check of arguments', () => {
  const misused = own as unknown as Record<keyof Context<Values>, (...args: unknown[]) => unknown>;
  const notFunctions: [string, () => unknown, string][] = [
    ['run without a task', () => misused.run({}), 'context.run(values, task) needs a function'],
    ['run(task)', () => misused.run(() => {}), 'but was given undefined'],
    ['fork without a task', () => misused.fork(), 'context.fork(task, options) needs a function'],
    ['bind of an object', () => misused.bind({}), 'context.bind(fn) needs a function'],
    [
      'snapshot()() of a string',
      () => (own.snapshot() as (fn: unknown) => unknown)('work'),
      'snapshot()(fn) needs a function, but was given "work"',
    ],
    [
      'bindEmitter of an object',
      () => misused.bindEmitter({}),
      'context.bindEmitter(emitter) needs an emitter, but was given an object',
    ],
    [
      'bindEmitter of an EventTarget',
      () => misused.bindEmitter(new EventTarget()),
      'but was given an instance of EventTarget',
    ],
    ['bindEmitter of nothing', () => misused.bindEmitter(), 'but was given undefined'],
  ];
  it.each(notFunctions)('throw a TypeError that describes the mistake: %s', (_, act, words) => {
    const error = errorOf(act);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain(words);
  });

  const badOptions: [string, unknown, string][] = [
    ['null', null, 'Option `options` must be an object, but is null.'],
    ['a name', { name: 7 }, 'Option `name` must be a string, but is 7.'],
    [
      'a mode',
      { inherit: 'clone' },
      "`inherit` must be 'share', 'copy' or 'chain', but is \"clone\".",
    ],
    ['a clone', { clone: true }, 'Option `clone` must be a function, but is true.'],
    ['an unknown one', { inherits: 'copy' }, 'Option `inherits` is not known.'],
  ];
  it.each(badOptions)('reject a bad option of createContext: %s', (_, options, message) => {
    const error = errorOf(() => createContext(options as object));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect((error as Error).message).toContain(message);
  });

  it('ignore inherited options of createContext, and read each option once', () => {
    let reads = 0;
    const options = Object.create(
      { clone: true },
      {
        inherit: { enumerable: true, get: () => (reads++ === 0 ? 'chain' : 'clone') },
      },
    );
    const chained = createContext<Values>(options);
    expect(reads).toBe(1);
    chained.run({ user: 'ann' }, () => {
      chained.fork(() => chained.set('user', 'bob'));
      expect(chained.get('user')).toBe('ann');
    });
  });

  it('ignore inherited options of fork', () => {
    own.run({ user: 'ann' }, () => {
      own.fork(
        () => own.set('tries', 1),
        Object.create({ inherit: 'chain', values: { user: 'bob' } }),
      );
      expect(own.toObject()).toEqual({ user: 'ann', tries: 1 });
    });
  });

  it('reject an unknown mode of fork before the task starts', () => {
    let started = false;
    const options = { inherit: 'inherit' as 'copy' };
    const error = errorOf(() => own.fork(() => (started = true), options));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ option: 'inherit', code: 'ERR_INVALID_OPTION' });
    expect(started).toBe(false);
  });
});
