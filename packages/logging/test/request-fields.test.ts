import { setTimeout as delay } from 'node:timers/promises';
import { context } from '@request-context/core';
import { describe, expect, it } from 'vitest';
import { type FieldOptions, requestFields } from '../src/index.ts';
import { badOptions } from './support/bad-options.ts';
import { values } from './support/values.ts';

function fieldsIn(options?: FieldOptions): object {
  return context.run(values, () => requestFields(options));
}

describe('requestFields', () => {
  it('gives the id alone, unless more is named', () => {
    expect(fieldsIn()).toStrictEqual({ requestId: 'myid' });
    expect(fieldsIn({})).toStrictEqual({ requestId: 'myid' });
  });

  it('gives nothing outside of requests', () => {
    expect(requestFields()).toStrictEqual({});
    expect(requestFields({ keys: ['requestId', 'tenant'] })).toStrictEqual({});
  });

  it('follows the request through what is asynchronous', async () => {
    const fields = await context.run(values, async () => {
      await delay(1);
      return requestFields();
    });
    expect(fields).toStrictEqual({ requestId: 'myid' });
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
  ])('gives what %o names', (keys, fields) => {
    expect(fieldsIn({ keys } as FieldOptions)).toStrictEqual(fields);
  });

  it('gives an object of its own each time, as loggers add to it', () => {
    context.run(values, () => expect(requestFields()).not.toBe(requestFields()));
    expect(requestFields()).not.toBe(requestFields());
  });

  it('reads values as they are when it is called', () => {
    context.run(values, () => {
      context.set('tenant', 'other');
      expect(requestFields({ keys: ['tenant'] })).toStrictEqual({ tenant: 'other' });
    });
  });

  it.each(badOptions)('throws for %s', (_problem, options, option) => {
    expect(() => requestFields(options as FieldOptions)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_OPTION',
        option,
        message: expect.stringContaining(`\`${option}\``),
      }),
    );
  });
});
