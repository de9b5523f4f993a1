import { InvalidOptionError } from '@request-context/core';
import { propagatingFetch } from '@request-context/propagation/fetch';
import { undiciInterceptor } from '@request-context/propagation/undici';
import { describe, expect, it } from 'vitest';

type Entry = (options: never) => unknown;

const entries: Readonly<Record<string, Entry>> = { propagatingFetch, undiciInterceptor };

/** Options that are wrong, and the option that the error names. */
const wrong: readonly [named: string, options: unknown][] = [
  ['to', undefined],
  ['options', null],
  ['options', 5],
  ['options', ['https://api.example.com']],
  ['to', {}],
  ['to', { to: undefined }],
  ['to', { to: 'https://api.example.com' }],
  ['to', { to: ['*'] }],
  ['to', { to: ['https://api.example.com/path'] }],
  ['to', { to: [5] }],
  ['header', { to: [], header: 5 }],
  ['header', { to: [], header: 'baggage' }],
  ['keys', { to: [], keys: 'tenant' }],
  ['keys', { to: [], keys: ['requestId'] }],
  ['existing', { to: [], existing: 'drop' }],
  ['onSkip', { to: [], onSkip: true }],
  ['unknown', { to: [], unknown: 1 }],
];

describe.each(Object.entries(entries))('%s()', (_, entry) => {
  it.each(wrong)('reject a wrong %s by name: %j', (named, options) => {
    let thrown: unknown;
    try {
      entry(options as never);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(InvalidOptionError);
    expect((thrown as Error).message).toMatch(new RegExp(`\\b${named}\\b`));
  });

  it('take no destinations at all', () => {
    expect(() => entry({ to: [] } as never)).not.toThrow();
  });
});

describe('propagatingFetch()', () => {
  it.each([5, 'fetch', {}, null])('reject a fetch that is %j', (fetch) => {
    expect(() => propagatingFetch({ to: [], fetch: fetch as never })).toThrow(/fetch/);
  });
});
