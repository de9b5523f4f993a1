import { context } from '@request-context/core';
import { describe, expect, it } from 'vitest';
import { type FieldOptions, requestFields } from '../src/index.ts';
import { badOptions } from './support/bad-options.ts';
import { values } from './support/values.ts';

function fieldsIn(options?: FieldOptions): object {
  return context.run(values, () => requestFields(options));
}

describe('requestFields', () => {
  it('return only the id, unless `keys` names more', () => {
    expect(fieldsIn()).toStrictEqual({ requestId: 'myid' });
    expect(fieldsIn({})).toStrictEqual({ requestId: 'myid' });
  });

  it('return nothing outside requests', () => {
    expect(requestFields()).toStrictEqual({});
    expect(requestFields({ keys: ['requestId', 'tenant'] })).toStrictEqual({});
  });

  it.each<[FieldOptions['keys'], object]>([
    [['requestId', 'tenant'], { requestId: 'myid', tenant: 'acme' }],
    [['tenant'], { tenant: 'acme' }],
    [['requestId', 'trace'], { requestId: 'myid' }],
    [{ requestId: 'request_id' }, { request_id: 'myid' }],
    [{ requestId: 'http.request.id' }, { 'http.request.id': 'myid' }],
    [
      { requestId: 'id', tenant: 'logging.googleapis.com/trace' },
      { id: 'myid', 'logging.googleapis.com/trace': 'acme' },
    ],
  ])('return the values that %o names', (keys, fields) => {
    expect(fieldsIn({ keys } as FieldOptions)).toStrictEqual(fields);
  });

  it('return a new object each time, as loggers add to it', () => {
    context.run(values, () => expect(requestFields()).not.toBe(requestFields()));
    expect(requestFields()).not.toBe(requestFields());
  });

  it('read the current values', () => {
    context.run(values, () => {
      context.set('tenant', 'other');
      expect(requestFields({ keys: ['tenant'] })).toStrictEqual({ tenant: 'other' });
    });
  });

  it.each(badOptions)('throw for %s', (_problem, options, option) => {
    expect(() => requestFields(options as FieldOptions)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_OPTION',
        option,
        message: expect.stringContaining(`\`${option}\``),
      }),
    );
  });

  it('ignore inherited options', () => {
    class Inherited {
      get keys(): ['tenant'] {
        return ['tenant'];
      }
    }
    expect(fieldsIn(new Inherited())).toStrictEqual({ requestId: 'myid' });
    expect(fieldsIn(Object.create({ keys: 1 }))).toStrictEqual({ requestId: 'myid' });
    const named = Object.create(
      { tenant: 'tenant' },
      { requestId: { value: 'id', enumerable: true } },
    );
    expect(fieldsIn({ keys: named })).toStrictEqual({ id: 'myid' });
  });

  it('read each option once, to use what it has checked', () => {
    const first = <T>(value: T, later: T) => {
      let reads = 0;
      return { enumerable: true, get: () => (reads++ === 0 ? value : later) };
    };
    const options = Object.defineProperty({}, 'keys', first<unknown>(['tenant'], 'secret'));
    expect(fieldsIn(options)).toStrictEqual({ tenant: 'acme' });
    const list = Object.defineProperty([], 0, first<unknown>('tenant', 'secret'));
    expect(fieldsIn({ keys: list })).toStrictEqual({ tenant: 'acme' });
    const names = Object.defineProperty({}, 'tenant', first<unknown>('t', '__proto__'));
    expect(fieldsIn({ keys: names })).toStrictEqual({ t: 'acme' });
  });
});
