import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createContext, type Inherit } from '../src/index.ts';
import { countAlive } from './support/collect.ts';

const modes: Inherit[] = ['share', 'copy', 'chain'];
const context = createContext();

describe('share', () => {
  const inherit = 'share';

  it('pass the values themselves to the child: each sees what the other writes', async () => {
    await context.run({ list: ['a'] }, async () => {
      const list = context.get('list');
      const child = context.fork(
        async () => {
          expect(context.get('list')).toBe(list);
          context.set('from', 'child');
          await sleep(2);
          expect(context.get('from')).toBe('parent');
          context.delete('list');
        },
        { inherit },
      );
      expect(context.get('from')).toBe('child');
      context.set('from', 'parent');
      await child;
      expect(context.toObject()).toEqual({ from: 'parent' });
    });
  });

  it("show siblings each other's values", async () => {
    await context.run({}, async () => {
      const readLater = async () => {
        await sleep(1);
        return context.get('status');
      };
      const first = context.fork(readLater, { inherit });
      context.fork(() => context.set('status', 'done'), { inherit });
      expect(await first).toBe('done');
    });
  });

  it('clear the values of both, and set the values option for both', () => {
    context.run({ a: 1 }, () => {
      context.fork(() => context.clear(), { inherit });
      expect(context.toObject()).toEqual({});
      context.fork(() => expect(context.get('b')).toBe(2), { inherit, values: { b: 2 } });
      expect(context.toObject()).toEqual({ b: 2 });
    });
  });

  it('be the default', () => {
    context.run({}, () => {
      context.fork(() => context.set('from', 'child'));
      expect(context.get('from')).toBe('child');
    });
  });
});

describe('copy', () => {
  const inherit = 'copy';

  it('hide later writes from each other, even inside arrays and objects', async () => {
    const given = { list: ['a'], deep: { map: new Map([['k', { n: 1 }]]) } };
    const expected = { list: ['a'], deep: { map: new Map([['k', { n: 1 }]]) } };
    await context.run(given, async () => {
      const child = context.fork(
        async () => {
          (context.get('list') as string[]).push('child');
          context.set('from', 'child');
          context.delete('deep');
          await sleep(2);
          return context.toObject();
        },
        { inherit },
      );
      expect(context.toObject()).toEqual(expected);
      (context.get('list') as string[])[0] = 'parent';
      context.set('from', 'parent');
      expect(await child).toEqual({ list: ['a', 'child'], from: 'child' });
      expect(context.get('from')).toBe('parent');
    });
  });

  it('keep shared references in the copy, and functions and class instances as they are', () => {
    const shared: unknown[] = [];
    const socket = new EventEmitter();
    const log = () => {};
    context.run({ a: shared, b: shared, socket, log }, () => {
      context.fork(
        () => {
          expect(context.get('a')).not.toBe(shared);
          expect(context.get('a')).toBe(context.get('b'));
          expect(context.get('socket')).toBe(socket);
          expect(context.get('log')).toBe(log);
        },
        { inherit },
      );
    });
  });

  it('copy all that is visible through a chain, and leave the chain', () => {
    context.run({ a: 1, b: 1 }, () => {
      context.fork(
        () => {
          context.set('b', 2);
          const inCopy = context.fork(() => context.snapshot(), { inherit });
          context.set('b', 3);
          context.set('c', 3);
          expect(inCopy(() => context.toObject())).toEqual({ a: 1, b: 2 });
          inCopy(() => context.clear());
          expect(inCopy(() => context.toObject())).toEqual({});
        },
        { inherit: 'chain' },
      );
    });
  });
});

describe('chain', () => {
  const inherit = 'chain';

  it('read through to the parent, later writes included, and keep its own writes', () => {
    context.run({ simple: 'from parent' }, () => {
      const inChild = context.fork(() => context.snapshot(), { inherit });
      const read = () => context.get('simple');
      expect(inChild(read)).toBe('from parent');
      context.set('simple', 'later');
      expect(inChild(read)).toBe('later');
      inChild(() => context.set('simple', 'from child'));
      expect(inChild(read)).toBe('from child');
      expect(read()).toBe('later');
      context.set('simple', 'too late');
      expect(inChild(read)).toBe('from child');
    });
  });

  it("return the parent's own objects", () => {
    const list = ['from', 'parent'];
    context.run({ list }, () => {
      context.fork(
        () => {
          expect(context.get('list')).toBe(list);
          (context.get('list') as string[])[1] = 'child';
        },
        { inherit },
      );
      expect(context.get('list')).toEqual(['from', 'child']);
    });
  });

  it('merge all values in has() and toObject(), where the nearest wins', () => {
    context.run({ a: 'root', b: 'root', c: 'root' }, () => {
      context.fork(
        () => {
          context.fork(
            () => {
              expect(context.toObject()).toEqual({ a: 'root', b: 'child', c: 'grandchild', d: 1 });
              expect(['a', 'b', 'c', 'd', 'e'].map((key) => context.has(key))).toEqual([
                true,
                true,
                true,
                true,
                false,
              ]);
            },
            { inherit, values: { c: 'grandchild', d: 1 } },
          );
          expect(context.has('d')).toBe(false);
        },
        { inherit, values: { b: 'child', c: 'child' } },
      );
      expect(context.toObject()).toEqual({ a: 'root', b: 'root', c: 'root' });
    });
  });

  it("delete and clear only the child's own values, and show the parent's again", () => {
    context.run({ a: 1, b: 1 }, () => {
      context.fork(
        () => {
          expect(context.delete('a')).toBe(false);
          expect(context.get('a')).toBe(1);
          expect(context.delete('b')).toBe(true);
          expect(context.get('b')).toBe(1);
          context.set('a', 3);
          context.clear();
          expect(context.toObject()).toEqual({ a: 1, b: 1 });
        },
        { inherit, values: { b: 2 } },
      );
      expect(context.toObject()).toEqual({ a: 1, b: 1 });
    });
  });

  it("hide the parent's value behind an own undefined", () => {
    context.run({ user: 'ann' }, () => {
      context.fork(
        () => {
          expect(context.get('user')).toBeUndefined();
          expect(context.get('user', 'nobody')).toBe('nobody');
          expect(() => context.require('user')).toThrow(/no value for 'user'/);
          expect(context.has('user')).toBe(true);
          expect(context.toObject()).toStrictEqual({ user: undefined });
          context.fork(() => expect(context.get('user')).toBeUndefined(), { inherit });
          context.delete('user');
          expect(context.get('user')).toBe('ann');
        },
        { inherit, values: { user: undefined } },
      );
    });
  });

  it('see what the parent deletes, clears and adds', () => {
    context.run({ a: 1, b: 1 }, () => {
      const inChild = context.fork(() => context.snapshot(), { inherit });
      context.delete('a');
      expect(inChild(() => context.toObject())).toEqual({ b: 1 });
      context.clear();
      expect(inChild(() => context.toObject())).toEqual({});
      context.set('c', 1);
      expect(inChild(() => context.require('c'))).toBe(1);
    });
  });

  it('keep siblings apart', async () => {
    await context.run({ status: 'running' }, async () => {
      const work = (status: string) => async () => {
        context.set('status', status);
        await sleep(Math.random() * 3);
        return context.get('status');
      };
      const all = ['failed', 'pending', 'done'].map((status) =>
        context.fork(work(status), { inherit }),
      );
      expect(await Promise.all(all)).toEqual(['failed', 'pending', 'done']);
      expect(context.get('status')).toBe('running');
    });
  });
});

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

  it('be the same through createContext({ inherit })', () => {
    const set = createContext({ inherit });
    const told = createContext();
    for (const fork of [set.fork, <T>(task: () => T) => told.fork(task, { inherit })]) {
      const at = fork === set.fork ? set : told;
      const parentAfter = at.run({ simple: 'parent', list: ['parent'] }, () => {
        fork(() => {
          at.set('simple', 'child');
          (at.get('list') as string[])[0] = 'child';
        });
        return at.toObject();
      });
      expect(parentAfter).toEqual(
        {
          share: { simple: 'child', list: ['child'] },
          copy: { simple: 'parent', list: ['parent'] },
          chain: { simple: 'parent', list: ['child'] },
        }[inherit],
      );
    }
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
  it('be released after the tasks of a root, with its whole chain', async () => {
    const dropped: WeakRef<object>[] = [];
    const work = async (level: number): Promise<void> => {
      const value = { level };
      dropped.push(new WeakRef(value));
      context.set('own', value);
      await sleep(1);
      if (level < 20) await context.fork(() => work(level + 1), { inherit: 'chain' });
    };
    await context.run({}, () => work(0));
    expect(dropped).toHaveLength(21);
    expect(await countAlive(dropped)).toBe(0);
  });

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
