import fc from 'fast-check';
import { expect, it } from 'vitest';
import { escapeText } from '../src/index.ts';
import { cyclic, revoked } from './support/hostile-values.ts';

function fail(): never {
  throw new Error('hostile');
}

it.each<[unknown, string]>([
  ['myid', 'myid'],
  ['azAZ09._~+/=@:-', 'azAZ09._~+/=@:-'],
  ['', ''],
  ['a b', 'a%20b'],
  ['a\nb\r\n', 'a%0Ab%0D%0A'],
  ['50%', '50%25'],
  ['x] [y', 'x%5D%20%5By'],
  ['"\\', '%22%5C'],
  ['\x1b[2K', '%1B%5B2K'],
  ['caf\u00e9 \u2028', 'caf%C3%A9%20%E2%80%A8'],
  ['\u202e', '%E2%80%AE'],
  ['\u{1f600}', '%F0%9F%98%80'],
  ['\ud800', '%EF%BF%BD'],
  [42, '42'],
  [null, 'null'],
  [Symbol('a b'), 'Symbol%28a%20b%29'],
  [{ a: 'b\n' }, '%7B%22a%22:%22b%5Cn%22%7D'],
  [cyclic(), '%5Bobject%20Object%5D'],
  [7n, '7'],
  [{ n: 7n }, '%5Bobject%20Object%5D'],
])('escape %o', (value, text) => {
  expect(escapeText(value)).toBe(text);
});

it.each<[string, unknown, string]>([
  [
    'a getter that throws',
    Object.defineProperty({}, 'x', { get: fail, enumerable: true }),
    '%5Bobject%20Object%5D',
  ],
  ['a toJSON() that throws', { toJSON: fail }, '%5Bobject%20Object%5D'],
  ['a toJSON() that returns nothing', { toJSON() {}, toString: fail }, '%5Bobject%20Object%5D'],
  [
    'a toString() that throws',
    Object.assign(() => {}, { toString: fail }),
    '%5Bobject%20Function%5D',
  ],
  [
    'an object without toString()',
    Object.assign(Object.create(null), { toJSON() {} }),
    '%5Bobject%20Object%5D',
  ],
  ['a revoked Proxy', revoked(), '%5Bunreadable%5D'],
  [
    'an object with nothing readable',
    new Proxy({}, { get: fail, ownKeys: fail }),
    '%5Bunreadable%5D',
  ],
])('not throw for %s', (_what, value, text) => {
  expect(escapeText(value)).toBe(text);
});

it('return one word of printable ASCII, which decodes to the text', () => {
  const wellFormed = fc.string({ unit: 'grapheme' }).filter((text) => !/\p{Cs}/u.test(text));
  fc.assert(
    fc.property(wellFormed, (text) => {
      const escaped = escapeText(text);
      expect(escaped).toMatch(/^[\x21-\x7e]*$/);
      expect(decodeURIComponent(escaped)).toBe(text);
    }),
  );
});
