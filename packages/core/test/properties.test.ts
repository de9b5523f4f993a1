import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { createContext, type Inherit, NoContextError } from '../src/index.ts';

// A failure prints its seed and path, too. FC_SEED runs the same programs again.
const seed = Number(process.env.FC_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.info(`properties of the core: FC_SEED=${seed}`);

const keys: PropertyKey[] = ['a', 'b', '__proto__', 'constructor', Symbol('tag'), 0];
type Key = number;

/** A step of a program, which runs in one task. */
type Step =
  | { do: 'set'; key: Key; value: unknown }
  | { do: 'alias'; key: Key; from: Key }
  | { do: 'push'; key: Key; from: Key }
  | { do: 'read'; key: Key }
  | { do: 'delete'; key: Key }
  | { do: 'clear' }
  | { do: 'pause'; how: keyof typeof pauses }
  | { do: 'run'; values: [Key, unknown][]; body: Step[]; isAwaited: boolean }
  | { do: 'fork'; inherit: Inherit; values: [Key, unknown][]; body: Step[]; isAwaited: boolean }
  | { do: 'carry'; how: keyof typeof carriers; body: Step[]; isAwaited: boolean };

const context = createContext();

const pauses = {
  await: () => null,
  timer: () => new Promise<void>((done) => setTimeout(done, 1)),
  immediate: () => new Promise<void>((done) => setImmediate(done)),
  nextTick: () => new Promise<void>((done) => process.nextTick(done)),
  all: () => Promise.all([Promise.resolve(), new Promise<void>((done) => setImmediate(done))]),
};

/** The ways to carry the current scope to code that another scope calls. */
const carriers = {
  bind: <T>(task: () => T) => context.bind(task),
  snapshot: <T>(task: () => T) => {
    const inside = context.snapshot();
    return () => inside(task);
  },
  bindEmitter: <T>(task: () => T) => {
    const emitter = context.bindEmitter(new EventEmitter());
    return () => {
      const results: T[] = [];
      emitter.once('go', () => results.push(task()));
      emitter.emit('go');
      return results[0] as T;
    };
  },
};

/** The model of a scope: it is passed by hand, and has its values in a Map, by the number of their key. */
class Model {
  own: Map<Key, unknown>;
  readonly parent: Model | undefined;

  constructor(own: Map<Key, unknown> = new Map(), parent?: Model) {
    this.own = own;
    this.parent = parent;
  }

  visible(): Map<Key, unknown> {
    return new Map([...(this.parent?.visible() ?? []), ...this.own]);
  }

  child(inherit: Inherit): Model {
    if (inherit === 'share') return this;
    return inherit === 'chain'
      ? new Model(new Map(), this)
      : new Model(structuredClone(this.visible()));
  }
}

/** Runs the steps in the context and in the model, and compares the results. */
async function perform(steps: readonly Step[], model: Model | undefined): Promise<void> {
  const started: Promise<void>[] = [];
  compareAll(model);
  for (const step of steps) {
    switch (step.do) {
      case 'set': {
        // Each gets its own clone: the context and the model must share no value with each other.
        write(model, () => context.set(nameOf(step.key), structuredClone(step.value)));
        model?.own.set(step.key, structuredClone(step.value));
        break;
      }
      case 'alias': {
        write(model, () => context.set(nameOf(step.key), context.get(nameOf(step.from))));
        model?.own.set(step.key, model.visible().get(step.from));
        break;
      }
      case 'push': {
        push(context.get(nameOf(step.key)), context.get(nameOf(step.from)));
        push(model?.visible().get(step.key), model?.visible().get(step.from));
        break;
      }
      case 'read': {
        compare(step.key, model);
        break;
      }
      case 'delete': {
        const removed = write(model, () => context.delete(nameOf(step.key)));
        if (model !== undefined) assert.equal(removed, model.own.delete(step.key));
        break;
      }
      case 'clear': {
        write(model, () => context.clear());
        model?.own.clear();
        break;
      }
      case 'pause': {
        await pauses[step.how]();
        break;
      }
      default: {
        const task = start(step, model);
        if (step.isAwaited) await task;
        else started.push(task);
      }
    }
    compareAll(model);
  }
  await Promise.all(started);
  compareAll(model);
}

function start(step: Extract<Step, { body: Step[] }>, model: Model | undefined): Promise<void> {
  switch (step.do) {
    case 'run': {
      const child = new Model(new Map(structuredClone(step.values)));
      return context.run(named(step.values), () => perform(step.body, child));
    }
    case 'fork': {
      const child = model?.child(step.inherit) ?? new Model();
      for (const [key, value] of structuredClone(step.values)) child.own.set(key, value);
      return context.fork(() => perform(step.body, child), {
        inherit: step.inherit,
        values: named(step.values),
      });
    }
    case 'carry': {
      const task = carriers[step.how](() => perform(step.body, model));
      return context.run({ a: 'of another scope' }, task);
    }
  }
}

function nameOf(key: Key): PropertyKey {
  return keys[key] as PropertyKey;
}

function named(values: [Key, unknown][]): Record<PropertyKey, unknown> {
  const entries = structuredClone(values).map(([key, value]) => [nameOf(key), value]);
  return Object.fromEntries(entries);
}

/** Runs a write, which must throw outside any context. Returns its result. */
function write<T>(model: Model | undefined, act: () => T): T | undefined {
  if (model !== undefined) return act();
  assert.throws(act, NoContextError);
  return undefined;
}

function push(list: unknown, item: unknown): void {
  if (Array.isArray(list) && list.length < 5) list.push(item);
}

function compare(key: Key, model: Model | undefined): void {
  const visible = model?.visible() ?? new Map<Key, unknown>();
  const name = nameOf(key);
  assert.deepEqual(context.get(name), visible.get(key));
  assert.deepEqual(context.get(name, 'fallback'), visible.get(key) ?? 'fallback');
  assert.equal(context.has(name), visible.has(key));
  if (visible.get(key) === undefined) assert.throws(() => context.require(name));
  else assert.deepEqual(context.require(name), visible.get(key));
}

function compareAll(model: Model | undefined): void {
  assert.equal(context.active, model !== undefined);
  const visible = model?.visible() ?? new Map<Key, unknown>();
  const expected = Object.fromEntries([...visible].map(([key, value]) => [nameOf(key), value]));
  assert.deepEqual(context.toObject(), expected);
}

/** Generates steps of one kind. */
function step<Kind extends string, Rest>(
  kind: Kind,
  rest: { [K in keyof Rest]: fc.Arbitrary<Rest[K]> },
): fc.Arbitrary<{ do: Kind } & Rest> {
  return fc.record({ do: fc.constant(kind), ...rest }) as fc.Arbitrary<{ do: Kind } & Rest>;
}

function oneOf<Name extends string>(ways: Record<Name, unknown>): fc.Arbitrary<Name> {
  return fc.constantFrom(...(Object.keys(ways) as Name[]));
}

const key = fc.nat(keys.length - 1);
const value = fc.oneof(
  fc.constant(undefined),
  fc.integer(),
  fc.string({ maxLength: 3 }),
  fc.array(fc.oneof(fc.integer(), fc.array(fc.integer(), { maxLength: 2 })), { maxLength: 3 }),
  fc.record({ list: fc.array(fc.integer(), { maxLength: 2 }) }),
);
const values = fc.array(fc.tuple(key, value), { maxLength: 3 });
const isAwaited = fc.boolean();

const { program } = fc.letrec<{ step: Step; program: Step[] }>((tie) => ({
  program: fc.array(tie('step'), { maxLength: 8 }),
  step: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    step('pause', { how: oneOf(pauses) }),
    step('set', { key, value }),
    step('alias', { key, from: key }),
    step('push', { key, from: key }),
    step('read', { key }),
    step('delete', { key }),
    step('clear', {}),
    step('run', { values, body: tie('program'), isAwaited }),
    step('fork', {
      inherit: fc.constantFrom<Inherit>('share', 'copy', 'chain'),
      values,
      body: tie('program'),
      isAwaited,
    }),
    step('carry', { how: oneOf(carriers), body: tie('program'), isAwaited }),
  ),
}));

describe('random programs', () => {
  it('do in the context what they do in the model, several at once', async () => {
    const tasks = fc.array(program, { minLength: 2, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(tasks, async (programs) => {
        await Promise.all(programs.map((steps) => perform(steps, undefined)));
        await Promise.all(
          programs.map((steps, n) =>
            context.run({ a: n }, () => perform(steps, new Model(new Map([[0, n]])))),
          ),
        );
        await context.run({ a: 'one' }, () => {
          const shared = new Model(new Map([[0, 'one']]));
          return Promise.all(programs.map((steps) => perform(steps, shared)));
        });
        assert.equal(context.active, false);
      }),
      { seed, numRuns: 300 },
    );
  });
});

const additions = ['on', 'once', 'prependListener', 'prependOnceListener'] as const;

type Use =
  | { do: 'add'; how: (typeof additions)[number]; n: number }
  | { do: 'off'; n: number }
  | { do: 'emit'; n: number }
  | { do: 'removeAll' }
  | { do: 'bind'; n: number };

describe('random uses of an emitter', () => {
  const n = fc.nat(2);
  const use: fc.Arbitrary<Use> = fc.oneof(
    step('add', { how: fc.constantFrom(...additions), n }),
    step('off', { n }),
    step('emit', { n }),
    step('removeAll', {}),
    step('bind', { n }),
  );

  /** Returns what listeners were called with, and what the emitter shows after each use. */
  function trace(uses: readonly Use[], isBound: boolean): unknown[] {
    const seen: unknown[] = [];
    const emitter = new EventEmitter();
    let boundTo: number | undefined;
    const listeners = [0, 1, 2].map((at) => (...args: unknown[]) => {
      if (isBound && boundTo !== undefined) assert.equal(context.get('a'), boundTo);
      seen.push([at, ...args]);
    });
    const listener = (at: number) => listeners[at] as () => void;
    for (const step of uses) {
      if (step.do === 'add') emitter[step.how]('go', listener(step.n));
      else if (step.do === 'off') emitter.off('go', listener(step.n));
      else if (step.do === 'emit')
        context.run({ a: -1 }, () => seen.push(emitter.emit('go', step.n)));
      else if (step.do === 'removeAll') emitter.removeAllListeners('go');
      else if (isBound) {
        boundTo = step.n;
        context.run({ a: step.n }, () => context.bindEmitter(emitter));
      }
      seen.push(
        emitter.listeners('go').map((added) => listeners.indexOf(added as () => void)),
        emitter.rawListeners('go').length,
        listeners.map((added) => emitter.listenerCount('go', added)),
        Object.keys(emitter),
      );
    }
    return seen;
  }

  it('have the same effects on a bound emitter, and run its listeners in the scope', () => {
    fc.assert(
      fc.property(fc.array(use, { maxLength: 30 }), (uses) => {
        assert.deepEqual(trace(uses, true), trace(uses, false));
      }),
      { seed, numRuns: 300 },
    );
  });
});
