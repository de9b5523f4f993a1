import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addToBaggage, type Member, readBaggage } from '../src/carrier/baggage.ts';

const member = 'k=v';

describe('readBaggage', () => {
  it.each<[what: string, text: string, values: Record<string, string>]>([
    ['nothing', '', {}],
    ['one member', 'k=v', { k: 'v' }],
    ['white space around keys, values and members', ' k = v \t,\tl=w ', { k: 'v', l: 'w' }],
    ['properties, which it leaves out', 'k=v;p=1;q, l=w ; r', { k: 'v', l: 'w' }],
    ['percent-encoded values', 'k=a%20%26%3d%2C%3B%C3%A9%F0%9F%98%80', { k: 'a &=,;é😀' }],
    ['a value with =', 'k=a=b==', { k: 'a=b==' }],
    ['a plus sign as itself', 'k=a+b', { k: 'a+b' }],
    ['a value of no characters', 'k=', { k: '' }],
    ['empty members', ',,k=v,,', { k: 'v' }],
    ['keys in their case', 'K=1,k=2', { K: '1', k: '2' }],
    ['encoded keys as they stand', '%6b=1', { '%6b': '1' }],
    ['only members with a value', 'k,l;p=1,m=v', { m: 'v' }],
  ])('read %s', (_, text, values) => {
    expect(Object.fromEntries(readBaggage(text))).toStrictEqual(values);
  });

  it.each([
    ['a line break', 'k=a%0Ab'],
    ['a null byte', 'k=%00'],
    ['a control character of latin-1', 'k=%C2%85'],
    ['DEL', 'k=%7F'],
    ['a line separator', 'k=%E2%80%A8'],
    ['a paragraph separator', 'k=%E2%80%A9'],
    ['a raw control character', 'k=a\u0001b'],
    ['bytes that are no UTF-8', 'k=%FF'],
    ['an overlong encoding', 'k=%C0%AF'],
    ['half of a surrogate pair', 'k=%ED%A0%80'],
    ['half of an escape', 'k=%4'],
    ['a lone percent sign', 'k=100%'],
    ['a space within', 'k=a b'],
    ['quotes', 'k="v"'],
    ['a backslash', 'k=a\\b'],
    ['characters beyond ASCII', 'k=\u00e9'],
    ['a key that occurs twice', 'k=v,k=v'],
    ['a key that occurs three times', 'k=1,k=2,k=3'],
    ['a key whose first value is invalid', 'k=%,k=v'],
    ['a key whose second value is invalid', 'k=v,k=%'],
  ])('ignore %s', (_, text) => {
    expect(Object.fromEntries(readBaggage(`${text},other=1`))).toStrictEqual({ other: '1' });
  });

  it('read 64 members, and no more', () => {
    const text = Array.from({ length: 70 }, (__, n) => `k${n}=v`).join(',');
    expect([...readBaggage(text).keys()]).toStrictEqual(
      Array.from({ length: 64 }, (_, n) => `k${n}`),
    );
  });

  it('read 8192 characters, and no member that is cut', () => {
    const whole = `k=${'v'.repeat(8190)}`;
    expect(readBaggage(whole).get('k')?.length).toBe(8190);
    expect(readBaggage(`${whole}v`).size).toBe(0);
    const first = `a=1,k=${'v'.repeat(9000)},b=2`;
    expect(Object.fromEntries(readBaggage(first))).toStrictEqual({ a: '1' });
  });

  it.each([',', '=', ';', ' ', '%', 'k=v,', 'k=%25', 'k;'])(
    'take no more time for 10 MB of %j than for the limit',
    (unit) => {
      // Anything but linear in the limit runs into the timeout of the test.
      const text = unit.repeat(10_000_000 / unit.length);
      for (let n = 0; n < 50; n++) readBaggage(text);
      for (let n = 0; n < 50; n++) addToBaggage(text, [['x', '1']], false, () => {});
    },
  );
});

describe('addToBaggage', () => {
  function add(text: string, added: Member[], replace = false): [string | undefined, string[]] {
    const problems: string[] = [];
    const result = addToBaggage(text, added, replace, (why, key) =>
      problems.push(`${key}: ${why}`),
    );
    return [result?.text, problems];
  }

  it.each<[what: string, text: string, added: Member[], result: string | undefined]>([
    ['to nothing', '', [['k', 'v']], 'k=v'],
    ['to empty members', ' ,, ', [['k', 'v']], 'k=v'],
    ['after the others, as they stand', ' a = 1 ;p , b=2', [['k', 'v']], ' a = 1 ;p , b=2,k=v'],
    ['with its value encoded', '', [['k', 'a,b;c="%é\\']], 'k=a%2Cb%3Bc%3D%22%25%C3%A9%5C'],
    ['with an empty value', '', [['k', '']], 'k='],
    ['beside a key of another case', 'K=1', [['k', 'v']], 'K=1,k=v'],
    ['beside a longer key', 'kk=1,k1=2', [['k', 'v']], 'kk=1,k1=2,k=v'],
    ['beside what has no value', 'k', [['k', 'v']], 'k,k=v'],
    ['not where it is', 'k=1', [['k', 'v']], undefined],
    [
      'not where it is, among others',
      'a=1, k = 1;p',
      [
        ['k', 'v'],
        ['l', 'w'],
      ],
      'a=1, k = 1;p,l=w',
    ],
    [
      'only once',
      '',
      [
        ['k', '1'],
        ['k', '2'],
      ],
      'k=1',
    ],
  ])('add a member %s', (_, text, added, result) => {
    expect(add(text, added)).toStrictEqual([result, []]);
  });

  it('return the keys of the members that it has added', () => {
    const added: Member[] = [
      ['there', '1'],
      ['bad', '\n'],
      ['k', 'v'],
    ];
    expect(addToBaggage('there=0', added, false, () => {})?.keys).toStrictEqual(['k']);
    expect(addToBaggage('there=0', added, true, () => {})?.keys).toStrictEqual(['there', 'k']);
  });

  it('replace a member, wherever and how often it is', () => {
    expect(add('k=1,a=2, k=3;p', [['k', 'v']], true)).toStrictEqual(['a=2,k=v', []]);
  });

  it('report what it cannot add, and add the others', () => {
    const full = Array.from({ length: 63 }, (_, n) => `k${n}=v`).join(',');
    const long = 'x'.repeat(8192);
    expect(
      add(full, [
        ['a', '\n'],
        ['b', '\ud800'],
        ['c', long],
        ['d', `${long}x`],
        ['e', '1'],
        ['f', '2'],
      ]),
    ).toStrictEqual([
      `${full},e=1`,
      ['a: not-text', 'b: not-text', 'c: too-long', 'd: too-long', 'f: too-many'],
    ]);
  });

  it('replace in a baggage that is full', () => {
    const others = Array.from({ length: 63 }, (_, n) => `k${n}=v`).join(',');
    expect(add(`x=1,${others}`, [['x', '2']], true)).toStrictEqual([`${others},x=2`, []]);
  });

  it('measure bytes, not characters', () => {
    const text = `a=${'é'.repeat(4000)}`;
    expect(add(text, [['k', 'v'.repeat(185)]])[0]?.endsWith('v')).toBe(true);
    expect(add(text, [['k', 'v'.repeat(190)]])).toStrictEqual([undefined, ['k: too-long']]);
  });

  it('leave a baggage that is too long as it is', () => {
    expect(add(`${member},`.repeat(3000), [['x', '1']], true)).toStrictEqual([
      undefined,
      ['x: too-long'],
    ]);
  });

  it('add what readBaggage() reads', () => {
    const key = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,8}$/);
    const added = fc.uniqueArray(fc.tuple(key, fc.string({ unit: 'binary', maxLength: 30 })), {
      selector: ([name]) => name,
      maxLength: 70,
    });
    fc.assert(
      fc.property(added, (pairs) => {
        const [text = '', problems] = add('', pairs);
        const skipped = new Set(problems.map((problem) => problem.split(':')[0]));
        expect([...readBaggage(text)]).toStrictEqual(pairs.filter(([name]) => !skipped.has(name)));
        expect(text).toMatch(/^[\x21-\x7e]*$/);
        expect(text.length).toBeLessThanOrEqual(8192);
      }),
      { numRuns: 500 },
    );
  });
});
