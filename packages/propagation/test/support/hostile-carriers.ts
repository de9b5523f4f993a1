function fail(): never {
  throw new Error('hostile');
}

/** Returns a Proxy of which every trap throws. */
function throwing(target: object): object {
  return new Proxy(target, new Proxy({}, { get: () => fail }));
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function* endless(): Generator<[string, string]> {
  for (;;) yield ['x', 'y'];
}

class EndlessMap extends Map {
  override [Symbol.iterator](): never {
    return endless() as never;
  }
  override entries(): never {
    return endless() as never;
  }
  override keys(): never {
    return endless() as never;
  }
}

/** What is no carrier, and carriers that cannot be written: each throws, or would never end, if it is used carelessly. */
export const unwritable: [what: string, make: () => unknown][] = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['a number', () => 7],
  ['a bigint', () => 7n],
  ['a string', () => 'text'],
  ['a symbol', () => Symbol('s')],
  ['a function', () => () => {}],
  ['bytes', () => Buffer.from('x-request-id')],
  ['10 MB of bytes', () => Buffer.alloc(10_000_000)],
  ['a boxed string of 10 MB', () => new String('x'.repeat(10_000_000))],
  ['a frozen object', () => Object.freeze({})],
  ['a sealed object', () => Object.seal({})],
  ['a frozen array', () => Object.freeze([])],
  ['a flat array of texts', () => ['X-Other', 'x']],
  ['an array of bytes', () => [Buffer.from('X-Other'), Buffer.from('x')]],
  ['an array without end', () => new Array(2 ** 32 - 1)],
  ['a Proxy that throws', () => throwing({})],
  ['a Proxy of an array that throws', () => throwing([])],
  ['a Proxy of a Map', () => new Proxy(new Map(), {})],
  ['a Proxy without end', () => new Proxy([], { get: () => Number.POSITIVE_INFINITY })],
  ['a revoked Proxy', () => revoked({})],
  ['a revoked Proxy of an array', () => revoked([])],
  ['a Proxy that lists no keys', () => new Proxy({}, { ownKeys: fail })],
  ['a Proxy that takes no value', () => new Proxy({}, { set: () => false })],
  ['a get that throws', () => ({ get: fail, set: fail })],
  ['a getter named get that throws', () => Object.defineProperty({}, 'get', { get: fail })],
  ['an object with a method get alone', () => ({ get: () => undefined })],
  ['a WeakMap', () => new WeakMap()],
  [
    'headers that cannot be changed',
    () =>
      new Proxy(new Headers(), { get: (of, key) => (key === 'set' ? fail : Reflect.get(of, key)) }),
  ],
];

/** Carriers that are odd, and can be written. */
export const odd: [what: string, make: () => object][] = [
  ['a cyclic object', () => Object.assign({}, { self: {} as unknown }, { list: [] as unknown[] })],
  [
    'an array that holds itself',
    () => {
      const list: unknown[] = [['a', 'b']];
      list.push(list);
      return list;
    },
  ],
  ['an array with holes', () => new Array(3)],
  ['a Map without end', () => new EndlessMap()],
  ['an array whose iterator has no end', () => Object.assign([], { [Symbol.iterator]: endless })],
  [
    'an array with hostile methods',
    () => Object.assign([], { map: fail, filter: fail, flatMap: fail }),
  ],
  [
    '10,000 headers',
    () => Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`x-${n}`, 'v'])),
  ],
  ['10,000 pairs', () => Array.from({ length: 10_000 }, (_, n) => [`x-${n}`, 'v'])],
  ['a value of 10 MB', () => ({ 'x-other': 'v'.repeat(10_000_000) })],
  ['a name of 10 MB', () => ({ ['x'.repeat(10_000_000)]: 'v' })],
  ['bytes of 10 MB as a name', () => new Map([[Buffer.alloc(10_000_000), 'v']])],
  ['headers named as properties are', () => JSON.parse('{"__proto__":"a","constructor":"b"}')],
  [
    'another header that throws',
    () => Object.defineProperty({}, 'x-other', { get: fail, enumerable: true }),
  ],
  [
    'symbols, numbers and objects as names',
    () =>
      new Map<unknown, unknown>([
        [Symbol('s'), 1],
        [1, 2],
        [{}, {}],
      ]),
  ],
];

/** What a carrier, a message or a getter may have under the id's name that is no id. */
export const hostileValues: [what: string, make: () => unknown][] = [
  ['null', () => null],
  ['a number', () => 7],
  ['a symbol', () => Symbol('s')],
  ['a function', () => fail],
  ['an object', () => ({ toString: fail })],
  ['a Proxy that throws', () => throwing({})],
  ['a revoked Proxy', () => revoked({})],
  ['a revoked Proxy of an array', () => revoked([])],
  ['an empty array', () => []],
  [
    'an array that holds itself',
    () => {
      const list: unknown[] = [];
      list.push(list);
      return list;
    },
  ],
  ['an array without end', () => new Array(2 ** 32 - 1)],
  ['an iterable without end', () => ({ [Symbol.iterator]: endless })],
  ['a text of 10 MB', () => 'x'.repeat(10_000_000)],
  [
    'a list of texts whose length is beyond any text',
    () => new Array(10_000).fill('x'.repeat(1_000_000)),
  ],
  ['bytes of 10 MB', () => Buffer.alloc(10_000_000, 'x')],
  ['bytes that are no text', () => Buffer.from([0xff, 0xfe])],
  [
    'bytes that lie about their length',
    () => Object.defineProperty(Buffer.from('x'), 'byteLength', { get: fail }),
  ],
  ['a promise', () => Promise.resolve('x')],
];
