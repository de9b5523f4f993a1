import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter, on, once } from 'node:events';
import { setTimeout } from 'node:timers';
import {
  context,
  createContext,
  getRequestId,
  type Inherit,
  MissingValueError,
  NoContextError,
  type Snapshot,
} from '@request-context/core';

/** What the core promises on every runtime. It fails by throwing or rejecting. */
export interface Scenario {
  /** Stable: lists of what is unsupported name it. */
  readonly id: string;
  readonly title: string;
  run(): Promise<void> | void;
}

const modes: readonly Inherit[] = ['share', 'copy', 'chain'];
const values = createContext();

/** What a parent reads after its child has set `simple` and changed `list`; `[1]` was `parent`. */
const comparison: Readonly<Record<Inherit, readonly [simple: string, second: string]>> = {
  share: ['from child', 'child'],
  copy: ['from parent', 'parent'],
  chain: ['from parent', 'child'],
};

const oddKeys: readonly PropertyKey[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  'values',
  'parent',
  'then',
  '',
  'with space',
  Symbol('own'),
  Symbol.toPrimitive,
  Symbol.iterator,
  0,
  -1.5,
];

/** Ways to take the current scope to code that is called from another. */
const bindings: Readonly<Record<string, <T>(task: () => T) => () => T>> = {
  bind: (task) => values.bind(task),
  snapshot: (task) => {
    const inside = values.snapshot();
    return () => inside(task);
  },
};

/** The methods that add a listener, by the names that their scenarios go by. */
const additions = {
  on: 'on',
  'add-listener': 'addListener',
  once: 'once',
  'prepend-listener': 'prependListener',
  'prepend-once-listener': 'prependOnceListener',
} as const;

export const coreScenarios: Scenario[] = [
  ...modes.map(
    (inherit): Scenario => ({
      id: `core-fork-${inherit}`,
      title: `let a fork inherit by ${inherit}: what the parent reads after its child wrote`,
      run: async () => {
        const inheriting = createContext({ inherit });
        for (const [at, options] of [
          [values, { inherit }],
          [inheriting, {}],
        ] as const) {
          await at.run({ simple: 'from parent', list: ['from', 'parent'] }, async () => {
            await at.fork(
              async () => {
                await pause(1);
                assert.deepEqual(at.toObject(), {
                  simple: 'from parent',
                  list: ['from', 'parent'],
                  given: inherit,
                });
                at.set('simple', 'from child');
                (at.get('list') as string[])[1] = 'child';
                await null;
                assert.equal(at.get('simple'), 'from child');
              },
              { ...options, values: { given: inherit } },
            );
            const [simple, second] = comparison[inherit];
            assert.deepEqual(at.toObject(), {
              simple,
              list: ['from', second],
              ...(inherit === 'share' ? { given: 'share' } : {}),
            });
          });
        }
      },
    }),
  ),
  ...modes.map(
    (inherit): Scenario => ({
      id: `core-fork-outside-${inherit}`,
      title: `start an empty context for a fork by ${inherit} outside any`,
      run: () => {
        values.fork(
          () => {
            assert.equal(values.active, true);
            assert.deepEqual(values.toObject(), { given: 1 });
          },
          { inherit, values: { given: 1 } },
        );
        assert.equal(values.active, false);
      },
    }),
  ),
  ...modes.map(
    (inherit): Scenario => ({
      id: `core-concurrency-${inherit}`,
      title: `keep 1000 roots with 10 children each by ${inherit} apart, at random delays`,
      run: async () => {
        const child = async (root: number, n: number) => {
          await pause(Math.random() * 5);
          values.set(`child${n}`, root);
          await pause(Math.random() * 5);
          const { id, ...written } = values.toObject();
          assert.equal(id, root);
          assert.equal(written[`child${n}`], root);
          for (const value of Object.values(written)) assert.equal(value, root);
          if (inherit !== 'share') assert.equal(Object.keys(written).length, 1);
        };
        await Promise.all(
          range(1000).map((root) =>
            values.run({ id: root }, async () => {
              await Promise.all(
                range(10).map((n) => values.fork(() => child(root, n), { inherit })),
              );
              const own = inherit === 'share' ? 11 : 1;
              assert.equal(Object.keys(values.toObject()).length, own);
              assert.equal(values.get('id'), root);
            }),
          ),
        );
      },
    }),
  ),
  {
    id: 'core-run-root',
    title: 'let a run inherit nothing, end with its task, and pass results and errors on',
    run: async () => {
      await values.run({ user: 'ann' }, async () => {
        assert.equal(await values.run({}, async () => values.get('user', 'nobody')), 'nobody');
        assert.throws(
          () =>
            values.run({}, () => {
              throw new Error('of the task');
            }),
          /of the task/,
        );
        assert.equal(values.get('user'), 'ann');
      });
      assert.equal(values.active, false);
    },
  },
  {
    id: 'core-chain-merged',
    title: 'let the nearest value of a chain win, and deletes and clear touch the child alone',
    run: () =>
      values.run({ a: 'root', b: 'root' }, () =>
        values.fork(
          () => {
            assert.deepEqual(values.toObject(), { a: 'root', b: 'child', c: 'child' });
            assert.deepEqual(
              ['a', 'b', 'c', 'd'].map((key) => values.has(key)),
              [true, true, true, false],
            );
            assert.equal(values.delete('a'), false);
            assert.equal(values.delete('b'), true);
            assert.equal(values.get('b'), 'root');
            values.set('a', undefined);
            assert.equal(values.get('a', 'hidden'), 'hidden');
            values.clear();
            assert.deepEqual(values.toObject(), { a: 'root', b: 'root' });
          },
          { inherit: 'chain', values: { b: 'child', c: 'child' } },
        ),
      ),
  },
  {
    id: 'core-chain-live',
    title: 'let a child by chain see what its parent sets, deletes and clears later',
    run: () =>
      values.run({ a: 'first', b: 'first' }, () => {
        const inChild = values.fork(() => values.snapshot(), { inherit: 'chain' });
        const read = () => inChild(() => values.toObject());
        values.set('a', 'later');
        assert.deepEqual(read(), { a: 'later', b: 'first' });
        inChild(() => values.set('a', 'of child'));
        values.set('a', 'too late');
        values.delete('b');
        assert.deepEqual(read(), { a: 'of child' });
        values.clear();
        values.set('c', 'new');
        assert.deepEqual(read(), { a: 'of child', c: 'new' });
      }),
  },
  {
    id: 'core-chain-deep',
    title: 'read, write and copy a chain 10,000 deep without overflow',
    run: () => {
      const levels = 10_000;
      const inLeaf = values.run({ root: 'root', level: 0 }, () => {
        let deepest: Snapshot = values.snapshot();
        for (let level = 1; level <= levels; level += 1) {
          deepest = deepest(() =>
            values.fork(() => values.snapshot(), { inherit: 'chain', values: { level } }),
          );
        }
        return deepest;
      });
      inLeaf(() => {
        assert.equal(values.get('root'), 'root');
        assert.equal(values.require('root'), 'root');
        assert.equal(values.get('none'), undefined);
        assert.equal(values.has('root'), true);
        assert.equal(values.has('none'), false);
        const all = { root: 'root', level: levels };
        assert.deepEqual(values.toObject(), all);
        values.fork(() => assert.deepEqual(values.toObject(), all), { inherit: 'copy' });
        assert.equal(values.delete('level'), true);
        assert.equal(values.get('level'), levels - 1);
        values.set('level', 'own');
        values.clear();
        assert.equal(values.get('level'), levels - 1);
      });
    },
  },
  {
    id: 'core-copy-deep',
    title: 'copy deeply: cycles, Map, Set, Date, bytes; keep functions and instances',
    run: () => {
      const bytes = new Uint8Array([1, 2]);
      const text = Buffer.from('text');
      const at = new Date(0);
      const emitter = new EventEmitter();
      const list: unknown[] = [bytes, text, at, emitter];
      list.push(list);
      const given = { list, map: new Map([['list', list]]), set: new Set([list]) };
      values.run(given, () =>
        values.fork(
          () => {
            const copy = values.toObject() as typeof given;
            assert.notEqual(copy.list, list);
            assert.equal(copy.list[4], copy.list);
            assert.equal(copy.map.get('list'), copy.list);
            assert.equal(copy.set.has(copy.list), true);
            assert.equal(copy.list[3], emitter);
            for (const [n, original] of [bytes, text, at].entries()) {
              assert.notEqual(copy.list[n], original);
              assert.deepEqual(copy.list[n], original);
            }
            bytes[0] = 9;
            text[0] = 9;
            assert.deepEqual(copy.list[0], new Uint8Array([1, 2]));
            assert.equal(String(copy.list[1]), 'text');
          },
          { inherit: 'copy' },
        ),
      );
    },
  },
  {
    id: 'core-keys-ordinary',
    title: 'treat keys like __proto__, constructor, toString and symbols as ordinary',
    run: () => {
      const before = Reflect.ownKeys(Object.prototype);
      for (const key of oddKeys) {
        assert.equal(values.get(key), undefined);
        values.run({}, () => {
          assert.equal(values.get(key), undefined);
          assert.equal(values.get(key, 'fallback'), 'fallback');
          assert.equal(values.has(key), false);
          assert.equal(values.delete(key), false);
          assert.throws(() => values.require(key), MissingValueError);
          values.set(key, { polluted: true });
          assert.deepEqual(values.get(key), { polluted: true });
          assert.equal(values.has(key), true);
          for (const inherit of modes) {
            values.fork(() => assert.deepEqual(values.get(key), { polluted: true }), { inherit });
          }
          const plain = values.toObject();
          assert.deepEqual(Reflect.ownKeys(plain), [typeof key === 'number' ? String(key) : key]);
          assert.equal(Object.getPrototypeOf(plain), Object.prototype);
          values.run(plain, () => assert.deepEqual(values.get(key), { polluted: true }));
          assert.equal(values.get('polluted'), undefined);
          assert.equal(values.delete(key), true);
          assert.equal(values.has(key), false);
          values.set(key, undefined);
          values.clear();
          assert.equal(values.has(key), false);
        });
      }
      const sent = JSON.parse('{"__proto__": {"admin": true}, "constructor": {"prototype": {}}}');
      values.run(sent, () => {
        for (const inherit of modes) {
          values.fork(
            () => {
              values.set('__proto__', { admin: true });
              assert.equal(values.get('admin'), undefined);
              assert.equal(values.has('admin'), false);
            },
            { inherit, values: sent },
          );
        }
        assert.equal((values.toObject() as { admin?: unknown }).admin, undefined);
      });
      assert.deepEqual(Reflect.ownKeys(Object.prototype), before);
      assert.equal(({} as { polluted?: unknown }).polluted, undefined);
      assert.equal(({} as { admin?: unknown }).admin, undefined);
    },
  },
  {
    id: 'core-outside',
    title: 'find nothing when reading outside any context, and throw for writing and require',
    run: () => {
      assert.equal(values.active, false);
      assert.equal(values.get('user', 'nobody'), 'nobody');
      assert.equal(values.has('user'), false);
      assert.deepEqual(values.toObject(), {});
      assert.equal(getRequestId(), undefined);
      const loud = [
        () => values.require('user'),
        () => values.set('user', 'ann'),
        () => values.delete('user'),
        () => values.clear(),
      ];
      for (const act of loud) {
        assert.throws(act, NoContextError);
        assert.throws(act, { code: 'ERR_NO_CONTEXT' });
      }
    },
  },
  {
    id: 'core-contexts-apart',
    title: 'not mix contexts and the AsyncLocalStorages of other code',
    run: async () => {
      const storage = new AsyncLocalStorage<string>();
      await storage.run('theirs', () =>
        context.run({ requestId: 'myid' }, () =>
          values.run({ requestId: 'other' }, async () => {
            await pause(1);
            assert.equal(getRequestId(), 'myid');
            assert.equal(values.get('requestId'), 'other');
            assert.equal(storage.getStore(), 'theirs');
            storage.run('inner', () => assert.equal(getRequestId(), 'myid'));
          }),
        ),
      );
    },
  },
  ...Object.entries(bindings).map(
    ([name, carry]): Scenario => ({
      id: `core-${name}`,
      title: `${name} carry the scope to the calling code, and back`,
      run: async () => {
        const read = async () => {
          const first = values.get('user');
          await pause(1);
          return [first, values.get('user')];
        };
        const carried = values.run({ user: 'ann' }, () => carry(read));
        assert.deepEqual(await carried(), ['ann', 'ann']);
        await values.run({ user: 'bob' }, async () => {
          const result = carried();
          assert.equal(values.get('user'), 'bob');
          assert.deepEqual(await result, ['ann', 'ann']);
          assert.equal(values.get('user'), 'bob');
        });
        const outside = carry(() => values.active);
        assert.equal(values.run({}, outside), false);
      },
    }),
  ),
  {
    id: 'core-bind-transparent',
    title: 'keep this, arguments, result, errors, name and length in bind',
    run: () => {
      function area(this: { unit: string }, width: number, height: number) {
        if (width < 0) throw new RangeError('width');
        return `${width * height}${this.unit}`;
      }
      const bound = values.run({}, () => values.bind(area));
      assert.equal(bound.call({ unit: 'm' }, 2, 3), '6m');
      assert.throws(() => bound.call({ unit: 'm' }, -1, 1), RangeError);
      assert.equal(bound.name, 'area');
      assert.equal(bound.length, 2);
      assert.equal(values.active, false);
    },
  },
  ...Object.entries(additions).map(
    ([name, add]): Scenario => ({
      id: `core-emitter-${name}`,
      title: `run a listener added with ${add}, before or after bindEmitter, in the scope`,
      run: () => {
        const emitter = new EventEmitter();
        const seen: unknown[] = [];
        const listener = () => seen.push(values.get('user'));
        emitter[add]('go', listener);
        values.run({ user: 'ann' }, () => values.bindEmitter(emitter));
        emitter[add]('go', listener);
        values.run({ user: 'bob' }, () => {
          emitter[add]('go', listener);
          emitter.emit('go');
          assert.equal(values.get('user'), 'bob');
        });
        assert.deepEqual(seen, ['ann', 'ann', 'ann']);
      },
    }),
  ),
  {
    id: 'core-emitter-transparent',
    title: 'list, count and remove the listeners of a bound emitter as of any other',
    run: () => {
      const keys = Object.keys(new EventEmitter());
      const emitter = values.run({}, () => values.bindEmitter(new EventEmitter()));
      assert.deepEqual(Object.keys(emitter), keys);
      const calls: unknown[] = [];
      const listener = function (this: unknown, ...args: unknown[]) {
        calls.push(this === emitter, ...args);
      };
      emitter.on('go', listener).once('go', listener);
      assert.equal(emitter.listeners('go')[1], listener);
      assert.equal(emitter.listenerCount('go'), 2);
      assert.equal(emitter.emit('go', 1, 'two', [3], undefined), true);
      const args = [1, 'two', [3], undefined];
      assert.deepEqual(calls, [true, ...args, true, ...args]);
      emitter.once('go', listener).off('go', listener).off('go', listener);
      assert.equal(emitter.listenerCount('go'), 0);
      assert.equal(emitter.emit('go'), false);
      emitter.on('go', listener).on('stop', listener).removeAllListeners();
      assert.deepEqual(emitter.eventNames(), []);
      assert.throws(() => emitter.emit('error', new Error('nobody listens')), /nobody listens/);
    },
  },
  {
    id: 'core-emitter-rebound',
    title: 'move an emitter that is bound again to the new scope, with no second wrapper',
    run: () => {
      const emitter = new EventEmitter();
      const seen: unknown[] = [];
      emitter.on('go', () => seen.push(values.get('user', 'nobody')));
      values.run({ user: 'ann' }, () => values.bindEmitter(emitter));
      const { emit } = emitter;
      values.run({ user: 'bob' }, () => values.bindEmitter(emitter));
      values.run({ user: 'ann' }, () => emitter.emit('go'));
      values.bindEmitter(emitter);
      values.run({ user: 'ann' }, () => emitter.emit('go'));
      assert.deepEqual(seen, ['bob', 'nobody']);
      assert.equal(emitter.emit, emit);
    },
  },
  {
    id: 'core-emitter-storages',
    title: 'leave other AsyncLocalStorages as at the emit in the events of a bound emitter',
    run: () => {
      const storage = new AsyncLocalStorage<string>();
      const emitter = new EventEmitter();
      storage.run('bound', () => values.run({ user: 'ann' }, () => values.bindEmitter(emitter)));
      const seen: unknown[] = [];
      storage.run('added', () =>
        emitter.on('go', () => seen.push(values.get('user'), storage.getStore())),
      );
      values.run({ user: 'bob' }, () => storage.run('emitted', () => emitter.emit('go')));
      emitter.emit('go');
      assert.deepEqual(seen, ['ann', 'emitted', 'ann', undefined]);
    },
  },
  {
    id: 'core-emitter-rejections',
    title: 'capture rejections on a bound emitter, with the error event in the scope',
    run: async () => {
      const emitter = new EventEmitter({ captureRejections: true });
      values.run({ user: 'ann' }, () => values.bindEmitter(emitter));
      emitter.on('go', async () => {
        await pause(1);
        throw new Error(`of ${values.get('user')}`);
      });
      const handled = new Promise((resolve) => {
        emitter.on('error', (error: Error) => resolve([error.message, values.get('user')]));
      });
      values.run({ user: 'bob' }, () => emitter.emit('go'));
      assert.deepEqual(await handled, ['of ann', 'ann']);
    },
  },
  {
    id: 'core-emitter-iterators',
    title:
      'let events.once and events.on work on a bound emitter, in the scope of the awaiting code',
    run: async () => {
      const emitter = new EventEmitter();
      values.run({ user: 'ann' }, () => values.bindEmitter(emitter));
      const reading = values.run({ user: 'bob' }, async () => {
        const seen: unknown[] = [await once(emitter, 'ready')];
        for await (const [value] of on(emitter, 'go')) {
          seen.push([value, values.get('user')]);
          if (value === 2) break;
        }
        return seen;
      });
      emitter.emit('ready', 0);
      await pause(1);
      emitter.emit('go', 1);
      await pause(1);
      emitter.emit('go', 2);
      assert.deepEqual(await reading, [[0], [1, 'bob'], [2, 'bob']]);
      assert.deepEqual(emitter.eventNames(), []);
    },
  },
  ...collectionScenarios(),
];

/** Only where the runtime was started with its garbage collector exposed: `--expose-gc`. */
function collectionScenarios(): Scenario[] {
  const { gc, Bun } = globalThis as {
    gc?: () => void;
    Bun?: { gc(isSynchronous: boolean): void };
  };
  const collect = Bun === undefined ? gc : () => Bun.gc(true);
  if (collect === undefined) return [];
  return modes.map((inherit) => ({
    id: `core-collected-${inherit}`,
    title: `let scopes that were forked by ${inherit} be collected when their tasks are over`,
    run: async () => {
      const dropped: WeakRef<object>[] = [];
      const work = async () => {
        const value = { of: 'child' };
        dropped.push(new WeakRef(value));
        values.set('own', value);
        await pause(1);
        values.bindEmitter(new EventEmitter()).emit('go');
      };
      await Promise.all(
        range(100).map(() =>
          values.run({}, () => values.fork(() => values.fork(work, { inherit }), { inherit })),
        ),
      );
      assert.equal(dropped.length, 100);
      for (let round = 0; round < 20 && countAlive(dropped) > 0; round += 1) {
        // A reference that was looked at stays until the end of the turn.
        await pause(5);
        collect();
      }
      // One or two may stay where the collector takes what lies on the stack for references.
      assert.ok(countAlive(dropped) <= 2, `${countAlive(dropped)} of 100 are still alive`);
    },
  }));
}

function countAlive(references: readonly WeakRef<object>[]): number {
  return references.filter((reference) => reference.deref() !== undefined).length;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, milliseconds);
  });
}

function range(length: number): number[] {
  return Array.from({ length }, (_, n) => n);
}
