import { InvalidOptionError } from '@request-context/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileDestinations } from '../src/outbound/destinations.ts';
import { unhandledRejections } from './support/unhandled-rejections.ts';

/** Origins, the URLs that one covers, and those that it does not. */
const origins: [origin: string, covered: string[], others: string[]][] = [
  [
    'example.com',
    [
      'http://example.com',
      'https://example.com/a?b#c',
      'http://example.com:80',
      'https://EXAMPLE.com:443',
    ],
    [
      'http://example.com:8080',
      'http://example.com:443',
      'https://example.com:80',
      'http://www.example.com',
      'http://example.com.evil.test',
      'http://example.com@evil.test',
      'http://evil.test#@example.com',
      'http://evil.test/example.com',
      'http://evil.test?example.com',
      'http://evil.test\\@example.com',
      'http://evilexample.com',
      'http://example.co',
      'http://example.com.',
      'ws://example.com',
      'wss://example.com',
      'ftp://example.com',
      'file://example.com/a',
      'blob:http://example.com/a',
      'data:text/plain,example.com',
      'custom://example.com',
    ],
  ],
  ['http://example.com', ['http://example.com'], ['https://example.com', 'http://example.com:443']],
  [
    'https://example.com/',
    ['https://example.com'],
    ['http://example.com', 'https://example.com:8443'],
  ],
  ['HTTPS://Example.COM', ['https://example.com'], ['http://example.com']],
  ['https://example.com:443', ['https://example.com'], ['http://example.com:443']],
  [
    'http://example.com:443',
    ['http://example.com:443'],
    ['https://example.com', 'http://example.com'],
  ],
  ['example.com:443', ['https://example.com', 'http://example.com:443'], ['http://example.com']],
  [
    'example.com:8080',
    ['http://example.com:8080', 'https://example.com:8080'],
    ['http://example.com'],
  ],
  ['example.com:0080', ['http://example.com', 'https://example.com:80'], ['https://example.com']],
  ['example.com:65535', ['http://example.com:65535'], ['http://example.com']],
  [
    'example.com:*',
    ['http://example.com', 'https://example.com', 'http://example.com:1', 'https://example.com:80'],
    ['http://a.example.com:1', 'ws://example.com:1'],
  ],
  ['https://example.com:*', ['https://example.com:80'], ['http://example.com']],
  [
    '*.example.com',
    ['http://a.example.com', 'https://a.b.example.com', 'http://A.EXAMPLE.com'],
    [
      'http://example.com',
      'http://.example.com',
      'http://aexample.com',
      'http://a.example.com.evil.test',
      'http://a.example.com:8080',
      'http://example.com.',
    ],
  ],
  [
    'https://*.internal:8080',
    ['https://a.internal:8080'],
    ['https://a.internal', 'http://a.internal:8080', 'https://internal:8080'],
  ],
  ['*.internal:*', ['http://a.internal:1', 'https://a.b.internal'], ['http://internal:1']],
  ['*.com', ['http://example.com'], ['http://com', 'http://example.com.']],
  ['example.com.', ['http://example.com.'], ['http://example.com']],
  ['my_service', ['http://my_service'], ['http://my-service']],
  ['http:80', ['http://http'], ['http://example.com']],
  [
    'bücher.example',
    ['http://bücher.example', 'http://xn--bcher-kva.example'],
    ['http://bucher.example'],
  ],
  ['XN--BCHER-KVA.example', ['http://bücher.example'], []],
  ['ｅｘａｍｐｌｅ。com', ['http://example.com'], []],
  ['*.bücher.example', ['http://a.xn--bcher-kva.example'], ['http://bücher.example']],
  [
    '127.0.0.1',
    ['http://127.0.0.1', 'http://127.1', 'http://0x7f.1', 'http://2130706433'],
    ['http://localhost', 'http://[::1]'],
  ],
  ['0x7f.1:*', ['http://127.0.0.1:1'], []],
  [
    '[::1]:3000',
    ['http://[::1]:3000', 'http://[0:0:0:0:0:0:0:1]:3000'],
    ['http://[::1]', 'http://127.0.0.1:3000'],
  ],
  ['[::FFFF:127.0.0.1]', ['https://[::ffff:7f00:1]'], ['http://127.0.0.1']],
];

const invalid: [what: string, entry: unknown][] = [
  ['a lone *', '*'],
  ['* with a port', '*:80'],
  ['* with a scheme', 'https://*'],
  ['no name after *.', '*.'],
  ['a nested wildcard', '*.*.example.com'],
  ['a wildcard in the middle', 'a.*.example.com'],
  ['a wildcard within a label', 'a*.example.com'],
  ['a wildcard without a dot', '*example.com'],
  ['a full-width wildcard', '\uff0a.example.com'],
  ['a leading dot', '.example.com'],
  ['an empty label', 'a..example.com'],
  ['a lone dot', '.'],
  ['a wildcard of an IPv4 address', '*.127.0.0.1'],
  ['a wildcard of an odd IPv4 address', '*.0x7f.1'],
  ['a wildcard of an IPv6 address', '*.[::1]'],
  ['a wildcard after a number', '*.example.1'],
  ['a path', 'https://example.com/a'],
  ['two slashes', 'https://example.com//'],
  ['a query', 'https://example.com?'],
  ['a fragment', 'https://example.com#'],
  ['a user', 'https://user@example.com'],
  ['a user and a password', 'https://user:secret@example.com'],
  ['an empty user', 'https://@example.com'],
  ['a backslash', 'https:\\\\example.com'],
  ['a backslash at the end', 'example.com\\'],
  ['a space before', ' example.com'],
  ['a line break after', 'example.com\n'],
  ['a tab within', 'exam\tple.com'],
  ['a control character', 'exam\u0001ple.com'],
  ['a null byte', 'example.com\u0000'],
  ['a percent-encoded name', 'ex%61mple.com'],
  ['a full-width slash', 'example.com\uff0fa'],
  ['several names', 'a.test,b.test'],
  ['another scheme', 'ftp://example.com'],
  ['the scheme of WebSockets', 'wss://example.com'],
  ['a scheme without slashes', 'https:example.com'],
  ['a scheme with one slash', 'https:/example.com'],
  ['no scheme before the slashes', '//example.com'],
  ['a scheme alone', 'https://'],
  ['an empty text', ''],
  ['a port alone', ':80'],
  ['no port after the colon', 'example.com:'],
  ['port 0', 'example.com:0'],
  ['port 000', 'example.com:000'],
  ['port 65536', 'example.com:65536'],
  ['a port that is no number', 'example.com:http'],
  ['a negative port', 'example.com:-1'],
  ['two ports', 'example.com:80:80'],
  ['an IPv4 address out of range', '256.0.0.1'],
  ['an IPv6 address without brackets', '::1'],
  ['an IPv6 address with a zone', '[fe80::1%eth0]'],
  ['an IPv6 address that is none', '[::1::]'],
  ['a number', 7],
  ['null', null],
  ['a URL', new URL('https://example.com')],
  ['a boxed text', new String('example.com')],
  ['an array', ['example.com']],
  ['a symbol', Symbol('s')],
  ['an object that cannot be read', Object.create(null)],
];

describe('an origin', () => {
  it.each(origins)('cover what its host name and port do: %s', (origin, covered, others) => {
    const isDestination = compileDestinations([origin]);
    expect(covered.filter((url) => isDestination(new URL(url)) !== true)).toStrictEqual([]);
    expect(others.filter((url) => isDestination(new URL(url)) !== false)).toStrictEqual([]);
  });

  it.each(invalid)('throw for %s', (_, entry) => {
    expect(() => compileDestinations(['example.com', entry])).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', option: 'to' }),
    );
  });

  it('keep a password out of the error', () => {
    expect(() => compileDestinations(['https://user:secret@example.com'])).toThrow(
      /^(?!.*secret).*user name/,
    );
  });

  it('throw, or cover what the URL standard says and nothing else', () => {
    const part = fc.constantFrom(
      ...[
        'a',
        'example',
        'com',
        '.',
        '*',
        '*.',
        ':',
        '80',
        '0',
        '0x7f',
        '1',
        '/',
        '//',
        '@',
        '#',
        '?',
        '\\',
      ],
      ...[
        'http',
        'https',
        '[::1]',
        '[',
        ']',
        ' ',
        '\t',
        '%61',
        '\u00ad',
        '\uff0e',
        '\uff0f',
        'ß',
        'É',
        '_',
        '-',
      ],
    );
    const entry = fc.oneof(
      fc.array(part, { maxLength: 7 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.webUrl({ validSchemes: ['http', 'https', 'ftp'] }),
      fc.domain(),
    );
    let taken = 0;
    fc.assert(
      fc.property(entry, fc.webUrl({ validSchemes: ['http', 'https'] }), (origin, other) => {
        let isDestination: (url: URL) => boolean | undefined;
        try {
          isDestination = compileDestinations([origin]);
        } catch (error) {
          if (!(error instanceof InvalidOptionError)) throw error;
          return;
        }
        taken += 1;
        const hasScheme = /^https?:\/\//i.test(origin);
        const one = origin.replace('*.', 'sub.').replace(/:\*(?=\/?$)/, ':1234');
        const schemes = hasScheme ? [one] : [`http://${one}`, `https://${one}`];
        for (const url of schemes.map((text) => new URL(text))) {
          expect(isDestination(url)).toBe(true);
          expect(url.pathname + url.search + url.hash + url.username).toBe('/');
          // A stranger's host is not covered, whatever the origin looks like.
          expect(
            isDestination(
              new URL(`${url.protocol}//${url.host.replace(/^(\[.*\]|[^:]*)/, 'evil.test')}`),
            ),
          ).toBe(url.hostname.endsWith('evil.test'));
          const { hostname } = new URL(other);
          if (!origin.startsWith('*') && !/\/\*/.test(origin) && hostname !== url.hostname) {
            expect(isDestination(new URL(other))).toBe(false);
          }
        }
      }),
      { numRuns: 2_000 },
    );
    expect(taken).toBeGreaterThan(200);
  });
});

describe('an array of origins', () => {
  it('cover what one of them does', () => {
    const isDestination = compileDestinations(['a.test', 'https://b.test']);
    const urls = ['http://a.test', 'http://b.test', 'https://b.test', 'http://c.test'];
    expect(urls.map((url) => isDestination(new URL(url)))).toStrictEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it('cover nothing while it is empty, nor what is added later', () => {
    const to: string[] = [];
    const isDestination = compileDestinations(to);
    to.push('a.test');
    expect(isDestination(new URL('http://a.test'))).toBe(false);
  });

  it.each<[what: string, to: unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'example.com'],
    ['true', true],
    ['an object', { 0: 'example.com', length: 1 }],
    ['a Set', new Set(['example.com'])],
    ['a regular expression', /example/],
    ['an array with holes', new Array(2)],
  ])('be required, and no %s', (_, to) => {
    expect(() => compileDestinations(to)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', option: 'to' }),
    );
  });
});

describe('a predicate', () => {
  const target = new URL('https://user:secret@example.com/path?query');
  const fail = (): never => {
    throw new Error('hostile');
  };

  it.each<[what: string, predicate: (url: URL) => unknown, result: boolean | undefined]>([
    ['true', () => true, true],
    ['false', () => false, false],
    ['undefined', () => undefined, undefined],
    ['1', () => 1, undefined],
    ['a text', () => 'true', undefined],
    ['a boxed true', () => new Boolean(true), undefined],
    ['a match', (url) => url.href.match('example'), undefined],
    ['a promise', async () => true, undefined],
    ['a promise that rejects', () => Promise.reject(new Error('hostile')), undefined],
    ['nothing, as it throws', fail, undefined],
    [
      'nothing, as it throws a promise',
      () => {
        throw Promise.reject(new Error('hostile'));
      },
      undefined,
    ],
    ['a Proxy that throws', () => new Proxy({}, { get: fail, getPrototypeOf: fail }), undefined],
  ])('count only if it returns a boolean: %s', async (_, predicate, result) => {
    const isDestination = compileDestinations(predicate);
    const rejections = await unhandledRejections(() => expect(isDestination(target)).toBe(result));
    expect(rejections).toStrictEqual([]);
  });

  it('get a copy of the URL each time, without the user', () => {
    const before = target.href;
    const seen: string[] = [];
    const isDestination = compileDestinations((url: URL) => {
      seen.push(url.href);
      url.host = 'evil.test';
      return true;
    });
    isDestination(target);
    isDestination(target);
    expect(seen).toStrictEqual(Array(2).fill('https://example.com/path?query'));
    expect(target.href).toBe(before);
  });
});
