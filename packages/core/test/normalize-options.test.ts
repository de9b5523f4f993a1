import { describe, expect, it } from 'vitest';
import { normalizeOptions } from '../src/adapter.ts';
import { InvalidOptionError, type RequestIdOptions } from '../src/index.ts';

describe('normalizeOptions', () => {
  it.each([undefined, {}, { header: undefined }])('fill in the defaults for %j', (options) => {
    expect(normalizeOptions(options as RequestIdOptions<unknown>)).toMatchObject({
      header: 'X-Request-ID',
      inbound: [{ name: 'X-Request-ID', key: 'x-request-id' }],
      generate: undefined,
      onInvalid: 'replace',
      echo: true,
      exposeHeader: false,
      values: undefined,
    });
  });

  const unchecked = {
    header: 'Content-Length',
    inbound: [42],
    trust: 'everybody',
    validate: /x/,
    maxLength: Number.POSITIVE_INFINITY,
    generate: 'uuid',
    onInvalid: 'ignore',
    echo: 'yes',
    exposeHeader: 1,
    values: {},
  };

  it('ignore inherited options', () => {
    const inherited = Object.create(unchecked, {
      exposeHeader: { value: true, enumerable: true },
    });
    expect(normalizeOptions(inherited)).toMatchObject({
      header: 'X-Request-ID',
      inbound: [{ name: 'X-Request-ID' }],
      generate: undefined,
      onInvalid: 'replace',
      echo: true,
      exposeHeader: true,
      values: undefined,
    });
    expect(normalizeOptions(inherited).isValid('x'.repeat(129))).toBe(false);
  });

  it.each(Object.entries(unchecked))('check %s even if it is not enumerable', (option, value) => {
    const options = Object.defineProperty({}, option, { value });
    expect(() => normalizeOptions(options)).toThrow(InvalidOptionError);
  });

  it.each(Object.entries(unchecked))(
    'read %s once, to use what it has checked',
    (option, value) => {
      const valid: Record<string, unknown> = {
        header: 'X-A',
        inbound: ['X-B'],
        trust: '10.0.0.1',
        validate: () => true,
        maxLength: 10,
        generate: () => 'a',
        onInvalid: 'reject',
        echo: false,
        exposeHeader: true,
        values: () => ({}),
      };
      let reads = 0;
      const options = Object.defineProperty({}, option, {
        enumerable: true,
        get: () => (reads++ === 0 ? valid[option] : value),
      });
      normalizeOptions(options);
      expect(reads).toBe(1);
    },
  );

  it.each([
    ['inbound', 'X-B', 42],
    ['trust', '10.0.0.1', 'everybody'],
  ])('read each entry of %s once', (option, valid, invalid) => {
    let reads = 0;
    const list = Object.defineProperty([valid], 0, {
      get: () => (reads++ === 0 ? valid : invalid),
    });
    normalizeOptions({ [option]: list });
    expect(reads).toBe(1);
  });

  it('copy the options, so that later changes have no effect', () => {
    const options = { header: 'X-A', inbound: ['X-B'], trust: ['10.0.0.1'] };
    const normalized = normalizeOptions(options);
    options.header = 'X-C';
    options.inbound.push('X-D');
    expect(normalized.inbound.map(({ name }) => name)).toEqual(['X-A', 'X-B']);
    expect(Object.isFrozen(options)).toBe(false);
  });

  it.each<[option: string, value: unknown]>([
    ['header', ''],
    ['header', 'X Request'],
    ['header', 'X-Request-ID\r\nX: y'],
    ['header', 42],
    ['header', 'Content-Length'],
    ['header', 'traceparent'],
    ['inbound', 'X-Correlation-ID'],
    ['inbound', ['X-Correlation-ID', '']],
    ['inbound', [42]],
    ['trust', 1],
    ['trust', null],
    ['trust', 'everybody'],
    ['trust', ''],
    ['trust', '10.1'],
    ['trust', '0x7f.0.0.1'],
    ['trust', '10.0.0.0/33'],
    ['trust', '10.0.0.0/'],
    ['trust', '10.0.0.0/8/8'],
    ['trust', '::1/129'],
    ['trust', ['10.0.0.1', 'x']],
    ['trust', 'fe80::1%eth0'],
    ['trust', '1.2.3.4\n'],
    ['trust', '010.0.0.1'],
    ['trust', '10.0.0.0/-1'],
    ['trust', '::ffff:10.0.0.0/129'],
    ['trust', [10]],
    ['validate', /x/],
    ['maxLength', 0],
    ['maxLength', 1.5],
    ['maxLength', '128'],
    ['maxLength', Number.NaN],
    ['maxLength', Number.POSITIVE_INFINITY],
    ['generate', 'uuid'],
    ['onInvalid', 'ignore'],
    ['onInvalid', true],
    ['echo', 'yes'],
    ['exposeHeader', 1],
    ['values', {}],
    ['maxLenght', 128],
    ['__proto__x', 1],
    ['toString', () => ''],
  ])('throw for %s: %j, and name the option', (option, value) => {
    const set = (): unknown => normalizeOptions({ [option]: value } as RequestIdOptions<unknown>);
    expect(set).toThrow(InvalidOptionError);
    expect(set).toThrow(`\`${option}\``);
    expect(set).toThrow(/^[\x20-\x7e]+$/);
    expect(set).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION', option }));
  });

  it.each([null, 'X-Request-ID', 42, [], () => ({})])(
    'throw for options that are %j',
    (options) => {
      expect(() => normalizeOptions(options as RequestIdOptions<unknown>)).toThrow(
        InvalidOptionError,
      );
    },
  );
});
