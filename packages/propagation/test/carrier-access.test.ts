import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { lookUp, readCarrier, textOf, writeCarrier } from '../src/carrier/carrier-access.ts';

describe('textOf', () => {
  const bytes = Buffer.from('é');
  it.each<[what: string, value: unknown, text: string | undefined]>([
    ['a text', 'é', 'é'],
    ['an empty text', '', ''],
    ['a Buffer', bytes, 'é'],
    ['a Uint8Array', Uint8Array.from(bytes), 'é'],
    ['a part of a buffer', Buffer.from('xéx').subarray(1, 3), 'é'],
    ['bytes of shared memory', new Uint8Array(new SharedArrayBuffer(2)).fill(97), 'aa'],
    ['bytes of another realm', runInNewContext('Uint8Array.of(0xc3, 0xa9)'), 'é'],
    ['bytes with a byte order mark', Buffer.from('\ufeffa'), '\ufeffa'],
    ['8192 bytes', Buffer.alloc(8192, 'x'), 'x'.repeat(8192)],
    ['8193 bytes', Buffer.alloc(8193, 'x'), undefined],
    ['bytes that are no UTF-8', Buffer.from([0xff]), undefined],
    ['other typed arrays', new Uint16Array([97]), undefined],
    ['an ArrayBuffer', new ArrayBuffer(1), undefined],
    ['a boxed text', new String('x'), undefined],
    ['a number', 7, undefined],
    ['undefined', undefined, undefined],
    ['an object that only looks like bytes', Object.create(Uint8Array.prototype), undefined],
    ['a Proxy of bytes', new Proxy(bytes, {}), undefined],
  ])('return the text of %s, and undefined for what has none', (_, value, text) => {
    expect(textOf(value)).toBe(text);
  });
});

describe('readCarrier', () => {
  it('return all values under a name, in any case', () => {
    const carrier = { a: '1', A: ['2', null, '3'], b: '4', aa: '5', '': '6' };
    expect(readCarrier(carrier, 'A')).toStrictEqual(['1', '2', '3']);
    expect(readCarrier(Object.entries(carrier), 'a')).toStrictEqual(['1', '2', '3']);
    expect(readCarrier(carrier, 'c')).toStrictEqual([]);
  });

  it('read only the headers that it is asked for', () => {
    const read: PropertyKey[] = [];
    const get = (target: object, key: PropertyKey): unknown => {
      read.push(key);
      return Reflect.get(target, key);
    };
    expect(readCarrier(new Proxy({ a: '1', b: '2' }, { get }), 'A')).toStrictEqual(['1']);
    expect(read).toContain('a');
    expect(read).not.toContain('b');
  });

  it('take an empty text for nothing, unless the method `has` says that it is there', () => {
    const get = (): string => '';
    expect(readCarrier({ get }, 'a')).toStrictEqual([]);
    expect(readCarrier({ get, has: () => false }, 'a')).toStrictEqual([]);
    expect(readCarrier({ get, has: () => true }, 'a')).toStrictEqual(['']);
  });

  it('throw what the carrier throws', () => {
    const error = new Error('hostile');
    const get = (): never => {
      throw error;
    };
    expect(() => readCarrier({ get }, 'a')).toThrow(error);
    expect(() =>
      readCarrier(Object.defineProperty({}, 'a', { get, enumerable: true }), 'a'),
    ).toThrow(error);
  });
});

describe('lookUp', () => {
  it('ask for a name in lower case once', () => {
    const asked: string[] = [];
    expect(lookUp('baggage', (name) => asked.push(name))).toStrictEqual([1]);
    expect(asked).toStrictEqual(['baggage']);
  });

  it('distinguish values of two names from one value that both find', () => {
    const find = (upper: unknown, lower: unknown) => (name: string) =>
      name === 'A' ? upper : lower;
    expect(lookUp('A', find(['1', '2'], ['1', '2']))).toStrictEqual(['1', '2']);
    expect(lookUp('A', find(['1'], ['1', '1']))).toStrictEqual(['1', '1', '1']);
    expect(lookUp('A', find('1', '2'))).toStrictEqual(['1', '2']);
    expect(lookUp('A', find(undefined, '2'))).toStrictEqual(['2']);
  });
});

describe('writeCarrier', () => {
  it('keep the name that is there', () => {
    const carriers = [{ aB: '1' }, new Map([['aB', '1']]), [['aB', '1']], [{ aB: '1' }]];
    for (const carrier of carriers) writeCarrier(carrier, 'Ab', '2');
    expect(carriers).toStrictEqual([
      { aB: '2' },
      new Map([['aB', '2']]),
      [['aB', '2']],
      [{ aB: '2' }],
    ]);
  });

  it('return what the carrier itself returns', () => {
    const result = Promise.resolve();
    expect(writeCarrier({ get: () => undefined, set: () => result }, 'a', '1')).toBe(result);
  });
});
