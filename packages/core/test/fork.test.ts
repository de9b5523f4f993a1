import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createContext, type Inherit } from '../src/index.ts';
import { countAlive } from './support/collect.ts';

const modes: Inherit[] = ['share', 'copy', 'chain'];
const context = createContext();

describe.each(modes)('a fork by %s', (inherit) => {
  it('replace inherited values before the task starts', () => {
    const values = { step: 'child', list: ['child'] };
    context.run({ step: 'parent', user: 'ann' }, () => {
      context.fork(
        () => {
          expect(context.toObject()).toEqual({ step: 'child', list: ['child'], user: 'ann' });
          expect(context.get('list')).toBe(values.list);
          context.set('step', 'changed');
        },
        { inherit, values },
      );
      expect(values.step).toBe('child');
      expect(context.get('step')).toBe(inherit === 'share' ? 'changed' : 'parent');
    });
  });

  it('return what the task returns, throw what it throws, and end with it', async () => {
    const problem = new Error('no');
    await context.run({}, async () => {
      const parent = context.snapshot();
      expect(context.fork(() => 42, { inherit })).toBe(42);
      await expect(context.fork(async () => 'later', { inherit })).resolves.toBe('later');
      const fail = () =>
        context.fork(
          () => {
            throw problem;
          },
          { inherit, values: { mark: 'child' } },
        );
      expect(fail).toThrow(problem);
      context.set('mark', 'parent');
      expect(parent(() => context.get('mark'))).toBe('parent');
    });
  });

  it('be collected after its task, while the parent lives on', async () => {
    await context.run({ big: {} }, async () => {
      const dropped: WeakRef<object>[] = [];
      const task = async () => {
        const value = { of: 'child' };
        dropped.push(new WeakRef(value));
        context.set('own', value);
        await sleep(1);
        context.bind(() => {});
        context.bindEmitter(new EventEmitter()).emit('go');
        if (inherit === 'share') context.delete('own');
      };
      await Promise.all(Array.from({ length: 50 }, () => context.fork(task, { inherit })));
      expect(dropped).toHaveLength(50);
      expect(await countAlive(dropped)).toBe(0);
      expect(context.has('big')).toBe(true);
    });
  });
});

describe('memory', () => {
  it("keep a parent's values for as long as a child by chain may read them", async () => {
    const make = () => {
      const value = { of: 'parent' };
      const read = context.run({ value }, () =>
        context.fork(() => context.bind(() => context.get('value')), { inherit: 'chain' }),
      );
      return { read, reference: new WeakRef<object>(value) };
    };
    let kept: ReturnType<typeof make> | undefined = make();
    const { reference } = kept;
    expect(await countAlive([reference])).toBe(1);
    expect(kept.read()).toEqual({ of: 'parent' });
    kept = undefined;
    expect(await countAlive([reference])).toBe(0);
  });

  it('be released from the former scope of an emitter that is bound again', async () => {
    const emitter = new EventEmitter();
    const bindInRoot = () => {
      const value = {};
      context.run({ value }, () => context.bindEmitter(emitter));
      return new WeakRef<object>(value);
    };
    const first = bindInRoot();
    expect(await countAlive([first])).toBe(1);
    const second = bindInRoot();
    expect(await countAlive([first])).toBe(0);
    expect(await countAlive([second])).toBe(1);
    expect(emitter.emit('go')).toBe(false);
  });
});

describe('the clone option', () => {
  it('return the values of a copy, called once per key with value and key', () => {
    const tag = Symbol('tag');
    const calls: unknown[] = [];
    const cloning = createContext({
      inherit: 'copy',
      clone: (value, key) => {
        calls.push([value, key]);
        return key === tag ? value : `copy of ${value}`;
      },
    });
    cloning.run({ a: 1, [tag]: 2 }, () => {
      cloning.fork(
        () => {
          cloning.fork(
            () => {
              expect(cloning.toObject()).toEqual({ a: 'copy of 1', b: 'copy of 3', [tag]: 2 });
            },
            { inherit: 'copy' },
          );
        },
        { inherit: 'chain', values: { b: 3 } },
      );
    });
    expect(calls).toEqual([
      [1, 'a'],
      [3, 'b'],
      [2, tag],
    ]);
  });

  it('not be called when a fork shares or chains', () => {
    const cloning = createContext({
      clone: () => {
        throw new Error('called');
      },
    });
    cloning.run({ a: 1 }, () => {
      cloning.fork(() => expect(cloning.get('a')).toBe(1), { inherit: 'share' });
      cloning.fork(() => expect(cloning.get('a')).toBe(1), { inherit: 'chain' });
      expect(() => cloning.fork(() => {}, { inherit: 'copy' })).toThrow('called');
      expect(cloning.get('a')).toBe(1);
    });
  });
});
