import assert from 'node:assert/strict';
import { types } from 'node:util';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepCopy } from '../src/context/deep-copy.ts';

class Money {
  amount = 1;
  parts = [1];
}
class NamedMap extends Map<number, object> {
  name = 'named';
}
class Tags extends Array {}
class Instant extends Date {}
class Bytes extends Uint8Array {
  constructor(text: string) {
    super(Buffer.from(text));
  }
}
class View extends DataView<ArrayBuffer> {}
class Bare extends (null as unknown as ObjectConstructor) {
  readonly list: number[] = [1];
}
/** Returns an instance without a constructor call: `new Bare()` throws. */
function bare(): Bare {
  return Object.create(Bare.prototype, { list: { value: [1], enumerable: true } });
}

function detached<T extends ArrayBuffer | ArrayBufferView<ArrayBuffer>>(value: T): T {
  structuredClone(value, { transfer: [ArrayBuffer.isView(value) ? value.buffer : value] });
  return value;
}
function revoked<T extends object>(target: T): T {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}
interface Resizable extends ArrayBuffer {
  readonly resizable: boolean;
  readonly maxByteLength: number;
  resize(byteLength: number): void;
}
function resizable(length: number, maxByteLength: number): Resizable {
  // The types of es2023 do not know the second argument.
  return Reflect.construct(ArrayBuffer, [length, { maxByteLength }]);
}
/** Returns a view whose buffer has become too short for it. */
function outOfBounds(): Uint8Array {
  const buffer = resizable(8, 8);
  const view = new Uint8Array(buffer, 4, 4);
  buffer.resize(2);
  return view;
}

describe('deepCopy, given data', () => {
  const data: [string, object][] = [
    ['a plain object', { a: 1, nested: { b: [1, { c: 2 }] } }],
    ['an array', [1, [2, [3]], { four: 4 }]],
    ['a sparse array', Object.assign([], { 2: 'two', length: 5 })],
    ['an array with a property', Object.assign([1], { extra: { deep: true } })],
    [
      'a Map with objects as keys',
      new Map<unknown, unknown>([
        [{ key: 1 }, { value: [1] }],
        ['b', 2],
      ]),
    ],
    ['a Set', new Set<unknown>([{ a: 1 }, [2], 'three'])],
    ['a Date', new Date(86_400_000)],
    ['an ArrayBuffer', new Uint8Array([1, 2, 3]).buffer],
    ['a Uint8Array', new Uint8Array([1, 2, 3])],
    ['a Float64Array', new Float64Array([0.5, Number.NaN, -0])],
    ['a BigInt64Array', new BigInt64Array([1n, -1n])],
    ['a view of part of a buffer', new Uint16Array(new Uint16Array([1, 2, 3, 4]).buffer, 2, 2)],
    ['a Buffer', Buffer.from('hello')],
    ['a DataView', new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2)],
    ['an object without a prototype', Object.assign(Object.create(null), { a: { b: 1 } })],
    [
      'an object with an empty prototype',
      Object.assign(Object.create(Object.freeze(Object.create(null))), { a: { b: 1 } }),
    ],
    [
      'an object with keys like __proto__',
      JSON.parse('{"__proto__": {"a": 1}, "constructor": {"b": [2]}}'),
    ],
    ['an object with symbol keys', { [Symbol.for('tag')]: { a: 1 }, [Symbol.iterator]: [1] }],
    ['an object with empty containers', { list: [], map: new Map(), set: new Set(), bare: {} }],
  ];

  it.each(data)('return an equal copy of %s, which shares nothing with it', (_, original) => {
    const copy = deepCopy(original);
    assert.deepStrictEqual(copy, original);
    expect(Reflect.ownKeys(copy)).toEqual(Reflect.ownKeys(original));
    const parts = reachable(original);
    expect(parts.size).toBeGreaterThan(0);
    for (const part of reachable(copy)) expect(parts).not.toContain(part);
  });

  it('copy the objects of another realm, such as a vm context', () => {
    const original = runInNewContext('({ list: [{}], map: new Map([[1, {}]]), at: new Date(5) })');
    const copy = deepCopy(original);
    expect(copy.at.getTime()).toBe(5);
    const parts = reachable(original);
    expect(copy.list).toHaveLength(1);
    expect(copy.map.size).toBe(1);
    for (const part of reachable(copy)) expect(parts).not.toContain(part);
  });

  it('copy an invalid Date', () => {
    const original = new Date(Number.NaN);
    const copy = deepCopy(original);
    expect(copy).not.toBe(original);
    expect(copy.getTime()).toBeNaN();
  });

  it('copy any data that fast-check generates', () => {
    const anything = fc.anything({
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withObjectString: true,
      withSparseArray: true,
      withTypedArray: true,
      withBigInt: true,
    });
    fc.assert(
      fc.property(anything, (original) => {
        const copy = deepCopy(original);
        assert.deepStrictEqual(copy, original);
        const parts = reachable(original);
        for (const part of reachable(copy)) expect(parts.has(part)).toBe(false);
      }),
    );
  });

  it('copy a resizable ArrayBuffer to one that is resizable', () => {
    const original = resizable(4, 16);
    new Uint8Array(original).set([1, 2, 3, 4]);
    const copy = deepCopy(original);
    expect(copy).not.toBe(original);
    expect([copy.resizable, copy.byteLength, copy.maxByteLength]).toEqual([true, 4, 16]);
    original.resize(0);
    expect([...new Uint8Array(copy)]).toEqual([1, 2, 3, 4]);
    copy.resize(16);
    expect([original.byteLength, copy.byteLength]).toEqual([0, 16]);
  });

  it('copy what a view of a resizable ArrayBuffer shows', () => {
    const buffer = resizable(4, 16);
    const original = new Uint8Array(buffer, 1);
    original.set([1, 2, 3]);
    const copies = deepCopy([original, new DataView(buffer, 2)]);
    buffer.resize(0);
    expect([...(copies[0] as Uint8Array)]).toEqual([1, 2, 3]);
    expect((copies[1] as DataView).getUint8(1)).toBe(3);
  });

  it('copy what a Proxy shows of an object or an array', () => {
    const proxies = [new Proxy({ a: [1] }, {}), new Proxy([{ b: 1 }], {})];
    const copies = deepCopy(proxies);
    expect(copies).toEqual([{ a: [1] }, [{ b: 1 }]]);
    expect(copies.some((copy) => types.isProxy(copy))).toBe(false);
  });

  it('copy cycles through every kind of container', () => {
    interface Cyclic {
      self?: Cyclic;
      list: unknown[];
      map: Map<unknown, unknown>;
      set: Set<unknown>;
    }
    const original: Cyclic = { list: [], map: new Map(), set: new Set() };
    original.self = original;
    original.list.push(original.list, original);
    original.map.set(original.map, original);
    original.set.add(original.set).add(original);
    const copy = deepCopy(original);
    expect(copy).not.toBe(original);
    expect(copy.self).toBe(copy);
    expect(copy.list).toEqual([copy.list, copy]);
    expect(copy.list[0]).toBe(copy.list);
    expect([...copy.map]).toEqual([[copy.map, copy]]);
    expect([...copy.set][0]).toBe(copy.set);
    expect([...copy.set][1]).toBe(copy);
  });

  it('copy an object once that is in several places', () => {
    const shared = { hits: 0 };
    const copy = deepCopy({ a: shared, b: [shared], c: new Map([[shared, shared]]) });
    expect(copy.a).not.toBe(shared);
    expect(copy.b[0]).toBe(copy.a);
    expect([...copy.c]).toEqual([[copy.a, copy.a]]);
    expect([...copy.c.keys()][0]).toBe(copy.a);
  });

  it('keep the order of keys, items and entries', () => {
    const copy = deepCopy({
      z: 1,
      a: 2,
      map: new Map([
        ['z', {}],
        ['a', {}],
      ]),
      set: new Set(['z', 'a']),
    });
    expect(Object.keys(copy)).toEqual(['z', 'a', 'map', 'set']);
    expect([...copy.map.keys()]).toEqual(['z', 'a']);
    expect([...copy.set]).toEqual(['z', 'a']);
  });

  it('copy an accessor without calling it, to one that reads the copy', () => {
    let calls = 0;
    const original = {
      first: 'Ann',
      get greeting() {
        calls += 1;
        return `hello ${this.first}`;
      },
    };
    const copy = deepCopy(original);
    expect(calls).toBe(0);
    original.first = 'Bob';
    expect(copy.greeting).toBe('hello Ann');
  });

  it('keep properties hidden and read-only, and objects sealed and frozen', () => {
    const hidden = Object.defineProperty({}, 'secret', { value: { a: 1 }, enumerable: false });
    expect(Object.keys(deepCopy(hidden))).toEqual([]);
    expect(Object.getOwnPropertyDescriptor(deepCopy(hidden), 'secret')).toEqual({
      value: { a: 1 },
      enumerable: false,
      configurable: false,
      writable: false,
    });
    const frozen = Object.freeze({ list: Object.freeze([1]), open: [1] });
    const copy = deepCopy(frozen);
    expect(Object.isFrozen(copy)).toBe(true);
    expect(Object.isFrozen(copy.list)).toBe(true);
    expect(copy.list).not.toBe(frozen.list);
    copy.open.push(2);
    expect(frozen.open).toEqual([1]);
    expect(Object.isSealed(deepCopy(Object.seal({ a: 1 })))).toBe(true);
    expect(Object.isExtensible(deepCopy(Object.preventExtensions([1])))).toBe(false);
  });

  type Nest = [kind: string, wrap: (item: unknown) => unknown, unwrap: (box: never) => unknown];
  const nests: Nest[] = [
    ['objects', (item) => ({ item }), (box: { item: unknown }) => box.item],
    ['arrays', (item) => [item], ([item]: [unknown]) => item],
    ['Maps', (item) => new Map([[1, item]]), (box: Map<number, unknown>) => box.get(1)],
    ['keys of Maps', (item) => new Map([[item, 1]]), (box: Map<unknown, 1>) => [...box.keys()][0]],
    ['Sets', (item) => new Set([item]), (box: Set<unknown>) => [...box][0]],
  ];
  it.each(nests)('copy 100,000 levels of %s', (_, wrap, unwrap) => {
    let original: unknown = 'bottom';
    for (let level = 0; level < 100_000; level += 1) original = wrap(original);
    let at: unknown = deepCopy(original);
    expect(at === original).toBe(false);
    for (let level = 0; level < 100_000; level += 1) at = unwrap(at as never);
    expect(at).toBe('bottom');
  });
});

describe('deepCopy, given anything else', () => {
  const kept: [string, unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['NaN', Number.NaN],
    ['a string', 'text'],
    ['a bigint', 1n],
    ['a symbol', Symbol('tag')],
    ['a function', () => {}],
    ['a class', Money],
    ['an instance of a class', new Money()],
    ['an Error', new Error('no')],
    ['a RegExp', /a/g],
    ['a Promise', Promise.resolve()],
    ['a WeakMap', new WeakMap()],
    ['a URL', new URL('http://localhost/')],
    ['an AbortSignal', new AbortController().signal],
    ['a generator', (function* () {})()],
    ['an instance of a subclass of Map', new NamedMap([[1, {}]])],
    ['an instance of a subclass of Array', Tags.of(1)],
    ['an instance of a subclass of Date', new Instant(0)],
    ['an instance of a subclass of Uint8Array', new Bytes('text')],
    ['an instance of a subclass of DataView', new View(new ArrayBuffer(1))],
    [
      'an instance of a subclass of ArrayBuffer',
      Reflect.construct(class extends ArrayBuffer {}, [1]),
    ],
    ['an object whose prototype is another object', Object.create({ inherited: 1 })],
    ['an instance of a class that extends null', bare()],
    ['an object whose prototype is revoked', Object.create(revoked({}))],
    ['a detached ArrayBuffer', detached(new ArrayBuffer(8))],
    ['a detached resizable ArrayBuffer', detached(resizable(8, 16))],
    ['a Uint8Array of a detached buffer', detached(new Uint8Array(8))],
    ['a DataView of a detached buffer', detached(new DataView(new ArrayBuffer(8)))],
    ['a view that is out of bounds', outOfBounds()],
    ['a revoked Proxy of an object', revoked({})],
    ['a revoked Proxy of an array', revoked([])],
    [
      'a Proxy whose trap throws',
      new Proxy(
        { a: 1 },
        {
          getOwnPropertyDescriptor: () => {
            throw new Error('on purpose');
          },
        },
      ),
    ],
    ['a Proxy of a Map', new Proxy(new Map(), {})],
    ['shared memory', new SharedArrayBuffer(1)],
    ['a view of shared memory', new Int32Array(new SharedArrayBuffer(4))],
    ['a DataView of shared memory', new DataView(new SharedArrayBuffer(4))],
  ];
  it.each(kept)('return %s itself', (_, value) => {
    // Not toBe(): it cannot print a revoked Proxy.
    expect(Object.is(deepCopy(value), value)).toBe(true);
    expect(Object.is(deepCopy([value])[0], value)).toBe(true);
    expect(Object.is(deepCopy(new Map([[1, { value }]])).get(1)?.value, value)).toBe(true);
  });
});

/** Returns all objects within `root`. A copy must share none of them. */
function reachable(root: unknown): Set<object> {
  const found = new Set<object>();
  const waiting: unknown[] = [root];
  for (let at = waiting.pop(); at !== undefined || waiting.length > 0; at = waiting.pop()) {
    if (typeof at !== 'object' || at === null || found.has(at)) continue;
    found.add(at);
    if (types.isMap(at)) waiting.push(...at.keys(), ...at.values());
    else if (types.isSet(at)) waiting.push(...at);
    else if (ArrayBuffer.isView(at)) waiting.push(at.buffer);
    else for (const key of Reflect.ownKeys(at)) waiting.push(Reflect.get(at, key));
  }
  return found;
}
