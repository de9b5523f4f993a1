import { EventEmitter } from 'node:events';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  type Context,
  context,
  createContext,
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

describe('run', () => {
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
});

describe('a context, inside run()', () => {
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
});

describe('a context, outside run()', () => {
  const loud: [string, () => unknown][] = [
    ["context.require('user')", () => own.require('user')],
    ["context.set('user')", () => own.set('user', 'ann')],
    ["context.delete('user')", () => own.delete('user')],
    ['context.clear()', () => own.clear()],
    ['context.require(Symbol(tag))', () => createContext().require(Symbol('tag'))],
    ['context.set(7)', () => createContext().set(7, 'seven')],
  ];
  it.each(loud)('throw a NoContextError from %s that says what to check', (call, act) => {
    expect(act).toThrow(NoContextError);
    expect(act).toThrow(
      expect.objectContaining({ name: 'NoContextError', code: 'ERR_NO_CONTEXT' }),
    );
    const parts = [
      `${call} was called outside of any context.`,
      'inside context.run()',
      'middleware is registered, before',
      'context.bind() or context.bindEmitter()',
      'npm ls @request-context/core',
    ];
    for (const words of parts) expect(act).toThrow(words);
  });

  it.each([
    ['user', "'user'"],
    [Symbol('tag'), 'Symbol(tag)'],
    [7, '7'],
  ])('name a missing %s in the MissingValueError', (key, shown) => {
    const any = createContext();
    const read = (): unknown => any.run({}, () => any.require(key));
    expect(read).toThrow(MissingValueError);
    expect(read).toThrow(
      expect.objectContaining({ name: 'MissingValueError', code: 'ERR_MISSING_VALUE', key }),
    );
    const parts = [`no value for ${shown}.`, 'context.set()', 'context.get()'];
    for (const words of parts) expect(read).toThrow(words);
  });

  it('start the stack of an error where the context was used', () => {
    function theCulprit() {
      own.set('user', 'ann');
    }
    const stack = expect.stringContaining('theCulprit');
    expect(theCulprit).toThrow(expect.objectContaining({ stack }));
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
    expect(act).toThrow(TypeError);
    expect(act).toThrow(words);
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
    expect(() => createContext(options as object)).toThrow(InvalidOptionError);
    expect(() => createContext(options as object)).toThrow(message);
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
    expect(() => own.fork(() => (started = true), options)).toThrow(
      expect.objectContaining({ option: 'inherit', code: 'ERR_INVALID_OPTION' }),
    );
    expect(started).toBe(false);
  });
});
