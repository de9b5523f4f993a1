import { createServer, get, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { type ContextValues, context, getRequestId } from '@request-context/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listen, uuid } from '../../../tests/kit/http.ts';
import { withRequestId } from '../../node-http/src/index.ts';
import { createPropagator, type OnSkip, type PropagationOptions } from '../src/index.ts';
import { carrierKinds, valuesUnder } from './support/carrier-kinds.ts';
import { hostileValues, odd, unwritable } from './support/hostile-carriers.ts';
import { unhandledRejections } from './support/unhandled-rejections.ts';

const kinds = Object.entries(carrierKinds);
const values = { requestId: 'myid', tenant: 'acme & söns', plan: 7 };
const keys: PropagationOptions['keys'] = ['tenant', 'plan'];
const encoded = 'tenant=acme%20%26%20s%C3%B6ns,plan=7';
const carried = { requestId: 'myid', tenant: 'acme & söns', plan: '7' };

type Skip = [why: string, key: string, target: string | undefined];

/** Injects into a carrier, in a context. Returns what was skipped. */
function skipsOf(
  inContext: object,
  carrier: unknown,
  setter?: Parameters<ReturnType<typeof createPropagator>['inject']>[1],
): Skip[] {
  const skips: Skip[] = [];
  const onSkip: OnSkip = (why, { key, target }) => skips.push([why, key, target]);
  const propagator = createPropagator({ keys, onSkip });
  context.run(inContext, () => expect(propagator.inject(carrier, setter)).toBe(carrier));
  return skips;
}

describe('inject', () => {
  const propagator = createPropagator({ keys });
  const inject = <C>(carrier: C): C => context.run(values, () => propagator.inject(carrier));

  describe.each(kinds)('into %s', (_, kind) => {
    it('add the id and the named values', () => {
      const carrier = inject(kind.make([['X-Other', 'x']]));
      expect(valuesUnder(kind, carrier, 'x-request-id')).toStrictEqual(['myid']);
      expect(valuesUnder(kind, carrier, 'baggage')).toStrictEqual([encoded]);
      expect(valuesUnder(kind, carrier, 'x-other')).toStrictEqual(['x']);
    });

    it.each(['X-Request-ID', 'x-request-id'])('keep a header %s of the caller', (name) => {
      const carrier = inject(kind.make([[name, "caller's"]]));
      expect(valuesUnder(kind, carrier, 'x-request-id')).toStrictEqual(["caller's"]);
    });

    it('merge the baggage that is there, and change nothing the second time', () => {
      const there = 'other=1 ; a;b=c,  tenant=mine;prop=%20';
      const carrier = inject(inject(kind.make([['baggage', there]])));
      expect(valuesUnder(kind, carrier, 'baggage')).toStrictEqual([`${there},plan=7`]);
      expect(valuesUnder(kind, carrier, 'x-request-id')).toStrictEqual(['myid']);
    });

    it('add nothing outside of a context', () => {
      const carrier = kind.make([['X-Other', 'x']]);
      const before = kind.list(carrier as never);
      propagator.inject(carrier);
      expect(kind.list(carrier as never)).toStrictEqual(before);
    });
  });

  it('add an id to a list that is empty, and to values that are undefined or null', () => {
    expect(inject([])[0]).toStrictEqual(['X-Request-ID', 'myid']);
    expect(inject({ 'x-request-id': undefined })).toMatchObject({ 'x-request-id': 'myid' });
    expect(inject(new Map([['x-request-id', null]])).get('x-request-id')).toBe('myid');
  });

  it('keep an empty header of the caller', () => {
    const headers = new Headers({ 'X-Request-ID': '' });
    expect(inject(headers).get('X-Request-ID')).toBe('');
    expect(inject({ 'x-request-id': '' })).toMatchObject({ 'x-request-id': '' });
  });

  it.each<[what: string, carrier: object, after: object]>([
    [
      'properties',
      { baggage: 'a=1', x: 'x', Baggage: Buffer.from('b=2'), BAGGAGE: ['c=3', 'd=4'] },
      { baggage: `a=1,b=2,c=3,d=4,${encoded}`, x: 'x' },
    ],
    [
      'keys of a Map',
      new Map([
        ['Baggage', 'a=1'],
        ['x', 'x'],
        ['baggage', 'b=2'],
      ]),
      new Map([
        ['Baggage', `a=1,b=2,${encoded}`],
        ['x', 'x'],
      ]),
    ],
    [
      'pairs',
      [
        ['Baggage', 'a=1'],
        ['x', 'x'],
        ['baggage', 'b=2'],
        ['baggage', 'c=3'],
      ],
      [
        ['Baggage', `a=1,b=2,c=3,${encoded}`],
        ['x', 'x'],
      ],
    ],
    [
      'objects of a list',
      [{ x: 'x', baggage: 'a=1', Baggage: 'b=2' }, { y: 'y', baggage: 'c=3' }, { baggage: 'd=4' }],
      [{ x: 'x', baggage: `a=1,b=2,c=3,d=4,${encoded}` }, { y: 'y' }],
    ],
  ])('make one baggage of several %s', (_, carrier, after) => {
    const inContext = { tenant: values.tenant, plan: 7 };
    context.run(inContext, () => propagator.inject(carrier));
    expect(carrier).toStrictEqual(after);
  });

  it('not change the objects and pairs of a list, which other messages may share', () => {
    const shared = Object.freeze([
      Object.freeze({ baggage: 'a=1', other: 'x' }),
      Object.freeze(['baggage', 'b=2']),
    ]);
    expect(inject([...shared])[0]).toStrictEqual({ baggage: `a=1,b=2,${encoded}`, other: 'x' });
    expect(shared[0]).toStrictEqual({ baggage: 'a=1', other: 'x' });
  });

  it.each<[what: string, inContext: object, carrier: () => object, skips: Skip[], after: object]>([
    [
      'an id with a space at its end',
      { requestId: 'a ' },
      () => ({}),
      [['invalid-id', 'requestId', undefined]],
      {},
    ],
    ['an empty id', { requestId: '' }, () => ({}), [['invalid-id', 'requestId', undefined]], {}],
    [
      'an id with a line break',
      { requestId: 'a\r\nb' },
      () => ({}),
      [['invalid-id', 'requestId', undefined]],
      {},
    ],
    [
      'an id beyond ASCII',
      { requestId: 'é' },
      () => ({}),
      [['invalid-id', 'requestId', undefined]],
      {},
    ],
    [
      'an id that is a number',
      { requestId: 7 },
      () => ({}),
      [['invalid-id', 'requestId', undefined]],
      {},
    ],
    [
      'an id of 8193 characters',
      { requestId: 'x'.repeat(8193) },
      () => ({}),
      [['invalid-id', 'requestId', undefined]],
      {},
    ],
    [
      'an object',
      { tenant: { toString: () => 'x' }, plan: 1 },
      () => ({}),
      [['not-text', 'tenant', undefined]],
      { baggage: 'plan=1' },
    ],
    [
      'a line break in a value',
      { tenant: 'a\nb', plan: 1 },
      () => ({}),
      [['not-text', 'tenant', undefined]],
      { baggage: 'plan=1' },
    ],
    [
      'a line separator in a value',
      { tenant: '\u2028', plan: 1 },
      () => ({}),
      [['not-text', 'tenant', undefined]],
      { baggage: 'plan=1' },
    ],
    [
      'half of a surrogate pair',
      { tenant: '\ud800', plan: 1 },
      () => ({}),
      [['not-text', 'tenant', undefined]],
      { baggage: 'plan=1' },
    ],
    [
      'null and a symbol',
      { tenant: null, plan: Symbol('s') },
      () => ({}),
      [
        ['not-text', 'tenant', undefined],
        ['not-text', 'plan', undefined],
      ],
      {},
    ],
    [
      'a value of 10 MB',
      { tenant: 'x'.repeat(10_000_000), plan: 1 },
      () => ({}),
      [['too-long', 'tenant', undefined]],
      { baggage: 'plan=1' },
    ],
    [
      'a value that is too long once encoded',
      { tenant: 'é'.repeat(2000), plan: 1 },
      () => ({}),
      [['too-long', 'tenant', undefined]],
      { baggage: 'plan=1' },
    ],
    [
      'a 65th member',
      { tenant: 'x' },
      () => ({ baggage: members(64) }),
      [['too-many', 'tenant', undefined]],
      { baggage: members(64) },
    ],
    [
      'a baggage of 10 MB',
      { tenant: 'x' },
      () => ({ baggage: ','.repeat(10_000_000) }),
      [['too-long', 'tenant', undefined]],
      { baggage: ','.repeat(10_000_000) },
    ],
    [
      'a baggage that is no text',
      { tenant: 'x', plan: 1 },
      () => ({ baggage: 7 }),
      [
        ['carrier', 'tenant', undefined],
        ['carrier', 'plan', undefined],
      ],
      { baggage: 7 },
    ],
    [
      'a baggage of other bytes',
      { tenant: 'x' },
      () => ({ baggage: Buffer.from([0x61, 0xff]) }),
      [['carrier', 'tenant', undefined]],
      { baggage: Buffer.from([0x61, 0xff]) },
    ],
    [
      'a header that cannot be written',
      { tenant: 'x', plan: '\n' },
      () => Object.freeze({}),
      [
        ['not-text', 'plan', undefined],
        ['carrier', 'tenant', undefined],
      ],
      {},
    ],
    [
      'only what it would have added to a baggage that cannot be written',
      { tenant: 'x', plan: 1 },
      () => Object.freeze({ baggage: 'plan=own' }),
      [['carrier', 'tenant', undefined]],
      { baggage: 'plan=own' },
    ],
    [
      'a baggage that cannot be merged',
      { tenant: 'x' },
      () => Object.seal({ baggage: 'a=1', Baggage: 'b=2' }),
      [['carrier', 'tenant', undefined]],
      { baggage: 'a=1', Baggage: 'b=2' },
    ],
  ])('leave out and report %s', (_, inContext, makeCarrier, skips, after) => {
    const carrier = makeCarrier();
    expect(skipsOf(inContext, carrier)).toStrictEqual(skips);
    expect(carrier).toStrictEqual(after);
  });

  it('carry up to 64 members and 8192 bytes', () => {
    const inContext = { tenant: 'x' };
    for (const baggage of [members(63), `a=${'x'.repeat(8192 - 'a=,tenant=x'.length)}`]) {
      const carrier = { baggage };
      expect(skipsOf(inContext, carrier)).toStrictEqual([]);
      expect(carrier.baggage).toBe(`${baggage},tenant=x`);
    }
    const carrier = { baggage: `a=${'x'.repeat(8193 - 'a=,tenant=x'.length)}` };
    expect(skipsOf(inContext, carrier)).toStrictEqual([['too-long', 'tenant', undefined]]);
  });

  it('not write to a carrier that cannot be read: it may hold a header of the caller', () => {
    const target = { 'x-request-id': "caller's", baggage: 'a=1' };
    const unreadable = new Proxy(target, {
      ownKeys: () => {
        throw new Error('hostile');
      },
    });
    const everything: Skip[] = ['requestId', 'tenant', 'plan'].map((key) => [
      'carrier',
      key,
      undefined,
    ]);
    expect(skipsOf(values, unreadable)).toStrictEqual(everything);
    let calls = 0;
    expect(skipsOf(values, unreadable, () => calls++)).toStrictEqual(everything);
    expect(calls).toBe(0);
    expect(target).toStrictEqual({ 'x-request-id': "caller's", baggage: 'a=1' });
  });

  it.each(unwritable)('report that it cannot write to %s', (_, make) => {
    expect(skipsOf({ requestId: 'myid' }, make())).toStrictEqual([
      ['carrier', 'requestId', undefined],
    ]);
  });

  it.each(odd)('write to %s', (_, make) => {
    const carrier = make();
    expect(skipsOf(values, carrier)).toStrictEqual([]);
    expect(propagator.extract(carrier)).toStrictEqual(carried);
  });

  it.each(hostileValues)('not throw where the headers have %s, nor change them', (what, make) => {
    const [id, baggage] = [make(), make()];
    const carrier = { 'X-Request-ID': id, BAGGAGE: baggage };
    skipsOf(values, carrier);
    const isAbsent = what === 'null' || what === 'an empty array';
    expect(Object.keys(carrier)).toStrictEqual(['X-Request-ID', 'BAGGAGE']);
    expect(Object.is(carrier['X-Request-ID'], id)).toBe(!isAbsent);
    expect(Object.is(carrier.BAGGAGE, baggage)).toBe(!isAbsent);
  });

  describe('with a setter', () => {
    it('call it with the carrier, the name and the value', () => {
      const calls: unknown[] = [];
      for (const carrier of [{}, 7, null, 'text']) {
        calls.length = 0;
        expect(skipsOf(values, carrier, (...call) => calls.push(call))).toStrictEqual([]);
        expect(calls).toStrictEqual([
          [carrier, 'X-Request-ID', 'myid'],
          [carrier, 'baggage', encoded],
        ]);
      }
    });

    it.each<[what: string, setter: unknown]>([
      [
        'throws',
        () => {
          throw new Error('hostile');
        },
      ],
      [
        'throws undefined',
        () => {
          throw undefined;
        },
      ],
      ['is none', 7],
    ])('report what one does not write that %s', (_, setter) => {
      expect(skipsOf({ ...values, plan: {} }, {}, setter as never)).toStrictEqual([
        ['not-text', 'plan', undefined],
        ['carrier', 'requestId', undefined],
        ['carrier', 'tenant', undefined],
      ]);
    });

    it('leave no rejection unhandled', async () => {
      const reject = (): Promise<never> => Promise.reject(new Error('hostile'));
      const throwPromise = (): never => {
        throw reject();
      };
      const carriers = [
        { get: () => undefined, set: reject },
        { get: reject },
        { get: throwPromise },
      ];
      expect(
        await unhandledRejections(() => {
          skipsOf(values, {}, reject);
          skipsOf(values, {}, throwPromise);
          for (const carrier of carriers) skipsOf(values, carrier);
        }),
      ).toStrictEqual([]);
    });

    it('not await what is no promise: a request of superagent would be sent', async () => {
      let isSent = false;
      const request = { get: () => request, set: () => request };
      Reflect.set(request, 'then', () => {
        isSent = true;
      });
      await unhandledRejections(() => {
        skipsOf(values, {}, () => request);
        skipsOf(values, request);
      });
      expect(isSent).toBe(false);
    });
  });

  it.each<[what: string, onSkip: OnSkip]>([
    [
      'throws',
      () => {
        throw new Error('hostile');
      },
    ],
    [
      'throws a promise',
      () => {
        throw Promise.reject(new Error('hostile'));
      },
    ],
    ['rejects', () => Promise.reject(new Error('hostile'))],
  ])('ignore an onSkip that %s', async (_, onSkip) => {
    const hostile = createPropagator({ keys, onSkip });
    const inContext = { requestId: 'myid', tenant: {}, plan: 1 };
    const carrier = {};
    expect(
      await unhandledRejections(() => context.run(inContext, () => hostile.inject(carrier))),
    ).toStrictEqual([]);
    expect(carrier).toStrictEqual({ 'X-Request-ID': 'myid', baggage: 'plan=1' });
  });

  it('never carry a traceparent, a parent or a rejected id', () => {
    const inContext = { ...values, parentRequestId: 'parent', rejectedRequestId: 'rejected' };
    const carrier = context.run(inContext, () => propagator.inject({}));
    expect(carrier).toStrictEqual({ 'X-Request-ID': 'myid', baggage: encoded });
  });
});

describe('extract', () => {
  const propagator = createPropagator({ keys });
  const id = { requestId: 'theirs' };

  it.each(kinds)('read %s', (_, kind) => {
    for (const name of ['X-Request-ID', 'x-request-id']) {
      const carrier = kind.make([
        [name, 'theirs'],
        ['baggage', encoded],
      ]);
      expect(propagator.extract(carrier)).toStrictEqual({ ...carried, ...id });
    }
  });

  it('return of any carrier what was injected into it', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 });
    const inContext = fc.record({
      requestId: fc.stringMatching(/^[A-Za-z0-9._~+/=@:-]{1,128}$/),
      tenant: fc.oneof(text, fc.double(), fc.bigInt(), fc.boolean()),
      plan: fc.oneof(text, fc.constant(undefined)),
    });
    const existing = fc.constantFrom<[string, string][]>(
      [],
      [['X-Other', 'x']],
      [['Baggage', 'a=1']],
    );
    fc.assert(
      fc.property(fc.constantFrom(...kinds), inContext, existing, ([name, kind], sent, headers) => {
        // Two names in one: NATS's headers are case-sensitive.
        const pairs = name.startsWith('NATS') ? [] : headers;
        const carrier = context.run(sent, () => propagator.inject(kind.make(pairs)));
        const expected: Record<string, string> = { requestId: sent.requestId };
        for (const key of ['tenant', 'plan'] as const) {
          const value = sent[key];
          const isCarried = value !== undefined && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(String(value));
          if (isCarried) expected[key] = String(value);
        }
        expect(propagator.extract(carrier)).toStrictEqual(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each<[what: string, carrier: unknown, expected: object]>([
    ['a space', { 'x-request-id': 'a b' }, {}],
    ['markup', { 'x-request-id': '<b>' }, {}],
    ['129 characters', { 'x-request-id': 'x'.repeat(129) }, {}],
    ['128 characters', { 'x-request-id': 'x'.repeat(128) }, { requestId: 'x'.repeat(128) }],
    ['nothing', { 'x-request-id': '' }, {}],
    ['one value in a list', { 'x-request-id': ['theirs'] }, id],
    ['two values', { 'x-request-id': ['a', 'b'] }, {}],
    ['the same value twice', { 'x-request-id': ['a', 'a'] }, {}],
    ['an empty second value', { 'x-request-id': ['a', ''] }, {}],
    ['values that Node joined', { 'x-request-id': 'a, b' }, {}],
    ['two cases', { 'x-request-id': 'a', 'X-Request-ID': 'b' }, {}],
    [
      'two cases in a Map',
      new Map([
        ['x-request-id', 'a'],
        ['X-Request-ID', 'b'],
      ]),
      {},
    ],
    [
      'two pairs',
      [
        ['x-request-id', 'a'],
        ['x-request-id', 'b'],
      ],
      {},
    ],
    ['two objects of a list', [{ 'x-request-id': 'a' }, { 'X-Request-ID': 'b' }], {}],
    ['a pair without a value', [['x-request-id']], {}],
    ['an inherited property', Object.create({ 'x-request-id': 'a' }), {}],
    ['a value within a value', { 'x-request-id': [['a']] }, {}],
  ])('check an id of %s', (_, carrier, expected) => {
    expect(propagator.extract(carrier)).toStrictEqual(expected);
  });

  it('read the header that the options name', () => {
    const named = createPropagator({ header: 'X-Correlation-ID' });
    const headers = { 'x-correlation-id': 'theirs', 'x-request-id': 'other' };
    expect(named.extract(headers)).toStrictEqual(id);
    expect(context.run({ requestId: 'a' }, () => named.inject({}))).toStrictEqual({
      'X-Correlation-ID': 'a',
    });
  });

  it('return no named value unless `keys` names it, and never an id from baggage', () => {
    const baggage = 'tenant=a,requestId=b,parentRequestId=c,rejectedRequestId=d,__proto__=e';
    const headers = { baggage, parentRequestId: 'f', rejectedRequestId: 'g' };
    expect(propagator.extract(headers)).toStrictEqual({ tenant: 'a' });
    expect(createPropagator().extract(headers)).toStrictEqual({});
  });

  it('return plain properties for keys that objects inherit', () => {
    const named = createPropagator({ keys: ['constructor', 'toString'] as never });
    const received = named.extract({ baggage: 'constructor=a,toString=b' });
    expect(Object.entries(received)).toStrictEqual([
      ['constructor', 'a'],
      ['toString', 'b'],
    ]);
    expect(Object.getPrototypeOf(received)).toBe(Object.prototype);
  });

  it.each([...odd, ...unwritable])('return nothing of %s', (_, make) => {
    expect(propagator.extract(make())).toStrictEqual({});
  });

  it.each(hostileValues)('return nothing of headers that have %s', (_, make) => {
    for (const carrier of [
      { 'x-request-id': make(), baggage: make() },
      new Map([
        ['x-request-id', make()],
        ['baggage', make()],
      ]),
      [
        ['x-request-id', make()],
        ['baggage', make()],
      ],
      { get: make },
    ]) {
      expect(propagator.extract(carrier)).toStrictEqual({});
    }
    expect(propagator.extract({}, make)).toStrictEqual({});
  });

  describe('with a getter', () => {
    const carrier = { 'x-request-id': 'own' };
    it.each<[what: string, getter: (name: string) => unknown, expected: object]>([
      [
        'knows the name as it is spelled',
        (name) => (name === 'X-Request-ID' ? 'theirs' : undefined),
        id,
      ],
      ['knows the name in lower case', (name) => (name === 'x-request-id' ? 'theirs' : null), id],
      [
        'throws for one case',
        (name) => {
          if (name === 'x-request-id') return 'theirs';
          throw new Error('hostile');
        },
        id,
      ],
      [
        'takes both cases for one',
        (name) => (/x-request-id/i.test(name) ? 'theirs' : undefined),
        id,
      ],
      [
        'takes both for one, in bytes',
        (name) => (/x-request-id/i.test(name) ? Buffer.from('theirs') : undefined),
        id,
      ],
      ['distinguishes them', (name) => ({ 'X-Request-ID': 'a', 'x-request-id': 'b' })[name], {}],
      ['returns a list of one', (name) => (name === 'baggage' ? null : ['theirs']), id],
      ['returns a list of two', () => ['a', 'b'], {}],
      ['returns an empty list', () => [], {}],
      ['returns an empty text', () => '', {}],
      [
        'throws',
        () => {
          throw new Error('hostile');
        },
        {},
      ],
      [
        'returns baggage in parts',
        (name) => (name === 'baggage' ? ['a=1', 'tenant=b'] : 'theirs'),
        { ...id, tenant: 'b' },
      ],
    ])('use one that %s', (_, getter, expected) => {
      expect(
        propagator.extract(carrier, (of, name) => {
          expect(of).toBe(carrier);
          return getter(name);
        }),
      ).toStrictEqual(expected);
    });

    it('leave no rejection unhandled, and return nothing of a promise', async () => {
      const reject = (): Promise<never> => Promise.reject(new Error('hostile'));
      const throwPromise = (): never => {
        throw reject();
      };
      expect(
        await unhandledRejections(() => {
          for (const getter of [reject, throwPromise, () => [reject(), reject()]]) {
            expect(propagator.extract({}, getter)).toStrictEqual({});
          }
        }),
      ).toStrictEqual([]);
    });
  });
});

describe('run', () => {
  const propagator = createPropagator({ keys });
  const seen = (): Partial<ContextValues> => context.toObject();
  const ambient = { requestId: 'ambient', parentRequestId: 'above', tenant: 'ambient' };

  it('run the task with what the carrier holds, and return its result', () => {
    const carrier = { 'x-request-id': 'theirs', baggage: 'tenant=acme' };
    const expected = { requestId: 'theirs', tenant: 'acme' };
    expect(propagator.run(carrier, seen)).toStrictEqual(expected);
    expect(context.run(ambient, () => propagator.run(carrier, seen))).toStrictEqual(expected);
  });

  it('make a child with a fresh id, whose parent the carrier names', () => {
    const carrier = { 'x-request-id': 'theirs', baggage: 'tenant=acme' };
    expect(propagator.run(carrier, seen, { id: 'child' })).toStrictEqual({
      requestId: expect.stringMatching(uuid),
      parentRequestId: 'theirs',
      tenant: 'acme',
    });
  });

  it.each(['same', 'child'] as const)('use a fresh id where none is valid (%s)', (id) => {
    for (const carrier of [{}, { 'x-request-id': 'a b', parentRequestId: 'x' }, undefined]) {
      const received = context.run(ambient, () => propagator.run(carrier, seen, { id }));
      expect(received).toStrictEqual({ requestId: expect.stringMatching(uuid) });
    }
  });

  it('read with a getter', () => {
    const getter = (_: unknown, name: string) => (name === 'baggage' ? 'tenant=acme' : 'theirs');
    expect(propagator.run(7, seen, { getter })).toStrictEqual({
      requestId: 'theirs',
      tenant: 'acme',
    });
  });

  it.each([...odd, ...unwritable])('run the task for %s', (_, make) => {
    expect(propagator.run(make(), getRequestId)).toMatch(uuid);
  });

  it('run the task for whatever a carrier may be', () => {
    fc.assert(
      fc.property(fc.anything({ withMap: true, withNullPrototype: true }), (carrier) => {
        expect(propagator.run(carrier, getRequestId)).toMatch(uuid);
        context.run(values, () => expect(propagator.inject(carrier)).toBe(carrier));
      }),
      { numRuns: 1_000 },
    );
  });

  it('throw what the task throws', () => {
    const error = new Error('of the task');
    expect(() =>
      propagator.run({}, () => {
        throw error;
      }),
    ).toThrow(error);
  });
});

describe('the option `values` of an adapter', () => {
  it.each([
    ['adopts', {}, 'theirs'],
    ['rejects', { trust: false as const }, expect.stringMatching(uuid)],
  ])(
    'get the named values of a caller, and leave the id that the adapter %s',
    async (_, trust, id) => {
      const propagator = createPropagator({ keys });
      const listener = withRequestId((_req, res) => res.end(JSON.stringify(context.toObject())), {
        ...trust,
        values: (req) => propagator.extract(req.headers),
      });
      const url = await listen(createServer(listener));
      const headers = { 'X-Request-ID': 'theirs', baggage: `${encoded},requestId=forged` };
      const response = await new Promise<IncomingMessage>((resolve) => {
        get(url, { headers, agent: false }, resolve);
      });
      expect(await json(response)).toMatchObject({ ...carried, requestId: id });
      expect(response.headers['x-request-id']).toStrictEqual(id);
    },
  );
});

/** Returns a baggage of `count` members. */
function members(count: number): string {
  return Array.from({ length: count }, (_, n) => `k${n}=v`).join(',');
}
