import { InvalidOptionError } from '@request-context/core';
import { describe, expect, it } from 'vitest';
import { createPropagator, type PropagationOptions } from '../src/index.ts';
import { createOutbound } from '../src/outbound/outbound.ts';
import './support/carrier-kinds.ts';

const propagator = createPropagator();
const run = (options: unknown): unknown => propagator.run({}, () => 1, options as never);
const create = (options: unknown): unknown => createPropagator(options as never);
const outbound = (options: unknown): unknown => createOutbound(options as never);

/** Entries, what is wrong, the options, and the name of the option in the error. */
const bad: [
  entry: (options: unknown) => unknown,
  what: string,
  options: unknown,
  option: string,
][] = [
  ...[create, outbound].flatMap((entry): typeof bad => {
    const to = entry === outbound ? { to: [] } : {};
    return [
      [entry, 'null', null, 'options'],
      [entry, 'a text', 'X-Request-ID', 'options'],
      [entry, 'an array', [], 'options'],
      [entry, 'an unknown option', { ...to, key: ['tenant'] }, 'key'],
      [entry, 'an unknown option that is undefined', { ...to, headers: undefined }, 'headers'],
      [entry, 'an inherited name as an option', { ...to, toString: 1 }, 'toString'],
      [entry, 'a header that is a number', { ...to, header: 7 }, 'header'],
      [entry, 'a header that is empty', { ...to, header: '' }, 'header'],
      [entry, 'a header that is no token', { ...to, header: 'X Request' }, 'header'],
      [entry, 'a header with a line break', { ...to, header: 'x\r\ny' }, 'header'],
      ...['Content-Length', 'traceparent', 'TraceState', 'Baggage', 'host', '__proto__'].map(
        (header): (typeof bad)[number] => [
          entry,
          `the header ${header}`,
          { ...to, header },
          'header',
        ],
      ),
      [entry, 'keys that are a text', { ...to, keys: 'tenant' }, 'keys'],
      [entry, 'keys that are null', { ...to, keys: null }, 'keys'],
      [entry, 'a key that is no text', { ...to, keys: [7] }, 'keys'],
      [entry, 'a key that is empty', { ...to, keys: [''] }, 'keys'],
      [entry, 'a key that is no token', { ...to, keys: ['a b'] }, 'keys'],
      [entry, 'a hole among keys', { ...to, keys: new Array(1) }, 'keys'],
      [
        entry,
        'keys with an own every()',
        { ...to, keys: Object.assign([7], { every: () => true }) },
        'keys',
      ],
      ...['requestId', 'rejectedRequestId', 'parentRequestId', '__proto__'].map(
        (key): (typeof bad)[number] => [entry, `the key ${key}`, { ...to, keys: [key] }, 'keys'],
      ),
      [entry, 'an onSkip that is no function', { ...to, onSkip: true }, 'onSkip'],
    ];
  }),
  [outbound, 'no options', undefined, 'to'],
  [outbound, 'no destinations', {}, 'to'],
  [outbound, 'inherited destinations', Object.create({ to: ['a.test'] }), 'to'],
  [outbound, 'another `existing`', { to: [], existing: 'merge' }, 'existing'],
  [outbound, 'an `existing` that is true', { to: [], existing: true }, 'existing'],
  [create, 'destinations', { to: ['a.test'] }, 'to'],
  [run, 'null', null, 'options'],
  [run, 'an unknown option', { ids: 'child' }, 'ids'],
  [run, 'another `id`', { id: 'parent' }, 'id'],
  [run, 'a getter that is no function', { getter: {} }, 'getter'],
];

describe('options', () => {
  it.each(bad)('be rejected by %o for %s', (entry, _, options, option) => {
    let thrown: unknown;
    try {
      entry(options);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(InvalidOptionError);
    expect(thrown).toMatchObject({ option, message: expect.stringContaining(`\`${option}\``) });
    expect((thrown as Error).message).toMatch(/^[\x20-\x7e]+$/);
  });

  it('be optional', () => {
    for (const options of [
      undefined,
      {},
      { header: undefined, keys: undefined, onSkip: undefined },
    ]) {
      expect(createPropagator(options).extract({ 'x-request-id': 'a' })).toStrictEqual({
        requestId: 'a',
      });
    }
  });

  it('count only as own properties', () => {
    const inherited = Object.create({ header: 'X-Other', keys: 7 }) as PropagationOptions;
    expect(createPropagator(inherited).extract({ 'x-request-id': 'a' })).toStrictEqual({
      requestId: 'a',
    });
  });

  it('be read once, and copied', () => {
    const reads: string[] = [];
    const keys = ['tenant'] as NonNullable<PropagationOptions['keys']>[number][];
    const once = (name: string, value: unknown) => ({
      enumerable: true,
      get: () => {
        reads.push(name);
        return reads.filter((read) => read === name).length === 1 ? value : 'hostile: ';
      },
    });
    const options = Object.defineProperties(
      {},
      {
        header: once('header', 'X-Other'),
        keys: once('keys', keys),
      },
    );
    const later = createPropagator(options);
    keys[0] = 'requestId' as never;
    keys.push('plan');
    const headers = { 'x-other': 'a', baggage: 'tenant=b,plan=c,requestId=d' };
    expect(later.extract(headers)).toStrictEqual({ requestId: 'a', tenant: 'b' });
    expect(reads).toStrictEqual(['header', 'keys']);
  });

  it('make a propagator whose methods need no `this`, and cannot be changed', () => {
    const { extract } = propagator;
    expect(extract({ 'x-request-id': 'a' })).toStrictEqual({ requestId: 'a' });
    expect(Object.isFrozen(propagator)).toBe(true);
  });
});
