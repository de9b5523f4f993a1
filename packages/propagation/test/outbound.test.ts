import { context } from '@request-context/core';
import { describe, expect, it } from 'vitest';
import { createOutbound, type OutboundOptions } from '../src/outbound/outbound.ts';
import './support/carrier-kinds.ts';

type Skip = [why: string, key: string, target: string | undefined];

const url = new URL('https://api.example.com:8443/path');
const inContext = { requestId: 'myid', tenant: 'acme', plan: 7 };

function fail(): never {
  throw new Error('hostile');
}

/** Returns the headers for a request that has others already, and what is skipped. */
function headersFor(
  options: Partial<OutboundOptions>,
  call: { target?: URL | undefined; has?: object; values?: object } = {},
): { headers: unknown; skips: Skip[] } {
  const { target, has, values } = { target: url, has: {}, values: inContext, ...call };
  const skips: Skip[] = [];
  const { outbound } = createOutbound({
    to: ['api.example.com:*'],
    onSkip: (why, { key, target }) => skips.push([why, key, target]),
    ...options,
  });
  const read = (name: string): unknown[] =>
    Object.entries(has)
      .filter(([key]) => key.toLowerCase() === name.toLowerCase())
      .map(([, value]) => value);
  return { headers: context.run(values, () => outbound.headersFor(target, read)), skips };
}

describe('headersFor', () => {
  it('return the id for a destination, and nothing for others', () => {
    expect(headersFor({})).toStrictEqual({ headers: [['X-Request-ID', 'myid']], skips: [] });
    const others = ['https://example.com', 'https://api.example.com.evil.test:8443'];
    for (const other of others) {
      expect(headersFor({}, { target: new URL(other) })).toStrictEqual({ headers: [], skips: [] });
    }
  });

  it('return the named values', () => {
    const { headers } = headersFor({ keys: ['tenant', 'plan'], header: 'X-Correlation-ID' });
    expect(headers).toStrictEqual([
      ['X-Correlation-ID', 'myid'],
      ['baggage', 'tenant=acme,plan=7'],
    ]);
  });

  it('return nothing outside of a context, and call no predicate', () => {
    let calls = 0;
    const count = (): boolean => {
      calls += 1;
      return true;
    };
    const { outbound } = createOutbound({ to: count, onSkip: count });
    expect(outbound.headersFor(url, () => [])).toStrictEqual([]);
    expect(outbound.headersFor(undefined, () => [])).toStrictEqual([]);
    expect(calls).toBe(0);
  });

  it('return the values of the scope that is current', () => {
    const { outbound } = createOutbound({ to: () => true });
    const ids = ['a', 'b'].map((requestId) =>
      context.run({ requestId }, () => outbound.headersFor(url, () => [])),
    );
    expect(ids).toStrictEqual([[['X-Request-ID', 'a']], [['X-Request-ID', 'b']]]);
  });

  it.each<[what: string, has: object, keep: object, replace: object]>([
    ['an id', { 'x-REQUEST-id': 'own' }, [], [['X-Request-ID', 'myid']]],
    ['an empty id', { 'x-request-id': '' }, [], [['X-Request-ID', 'myid']]],
    [
      'baggage',
      { Baggage: 'a=1;p, tenant=own;q' },
      [['X-Request-ID', 'myid']],
      [
        ['X-Request-ID', 'myid'],
        ['baggage', 'a=1;p,tenant=acme'],
      ],
    ],
  ])('keep or replace what the caller has set: %s', (_, has, keep, replace) => {
    const keys: OutboundOptions['keys'] = ['tenant'];
    const header = Object.keys(has)[0]?.toLowerCase() === 'baggage' ? keys : [];
    expect(headersFor({ keys: header }, { has }).headers).toStrictEqual(keep);
    expect(headersFor({ keys: header, existing: 'keep' }, { has }).headers).toStrictEqual(keep);
    expect(headersFor({ keys: header, existing: 'replace' }, { has }).headers).toStrictEqual(
      replace,
    );
  });

  it.each<[what: string, to: unknown, target: URL | undefined, isReported: boolean]>([
    ['the target is not known', () => true, undefined, true],
    ['a predicate returns a promise', async () => true, url, true],
    ['a predicate returns 1', () => 1, url, true],
    ['a predicate throws', fail, url, true],
    ['a predicate returns false', () => false, url, false],
  ])('send nothing where %s, and report what is not certain', (_, to, target, isReported) => {
    expect(headersFor({ to: to as OutboundOptions['to'] }, { target })).toStrictEqual({
      headers: [],
      skips: isReported ? [['target', 'requestId', target?.origin]] : [],
    });
  });

  it('report what is not sent, with the origin of the call', () => {
    const values = { requestId: 'a\nb', tenant: {} };
    expect(headersFor({ keys: ['tenant'] }, { values })).toStrictEqual({
      headers: [],
      skips: [
        ['invalid-id', 'requestId', url.origin],
        ['not-text', 'tenant', url.origin],
      ],
    });
  });

  it('send nothing that could replace headers which cannot be read', () => {
    const skips: Skip[] = [];
    const { outbound } = createOutbound({
      to: () => true,
      keys: ['tenant'],
      onSkip: (why, { key, target }) => skips.push([why, key, target]),
    });
    context.run(inContext, () => expect(outbound.headersFor(url, fail)).toStrictEqual([]));
    expect(skips).toStrictEqual([
      ['carrier', 'requestId', url.origin],
      ['carrier', 'tenant', url.origin],
    ]);
  });
});
