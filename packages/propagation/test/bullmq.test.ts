import { context, getRequestId, InvalidOptionError } from '@request-context/core';
import { requestContextTelemetry, withRequestContext } from '@request-context/propagation/bullmq';
import { describe, expect, it } from 'vitest';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('requestContextTelemetry()', () => {
  it.each([
    ['id', { id: 'fresh' }],
    ['id', { id: true }],
    ['wrap', { wrap: 1 }],
    ['wrap', { wrap: null }],
    ['wrap', { wrap: {} }],
    ['wrap', { wrap: { tracer: { startSpan() {} }, contextManager: null } }],
    ['wrap', { wrap: { tracer: { startSpan() {} }, contextManager: { with() {} } } }],
    ['keys', { keys: 'tenant' }],
    ['header', { header: 7 }],
    ['onSkip', { onSkip: true }],
    ['getter', { getter: () => {} }],
  ])('throw at set-up and name the option that is invalid: %s, %o', (option, options) => {
    const create = () => requestContextTelemetry(options as object);
    expect(create).toThrow(InvalidOptionError);
    expect(create).toThrow(option);
  });

  it("call `onSkip` with an id that the metadata cannot hold beside the other telemetry's", () => {
    const long = 'a'.repeat(70_000);
    const wrap = {
      tracer: { startSpan() {} },
      contextManager: {
        with: (_: unknown, fn: () => unknown) => fn(),
        active: () => undefined,
        getMetadata: () => long,
        fromMetadata: () => undefined,
      },
    };
    const skipped: unknown[] = [];
    const options = { wrap, onSkip: (...args: unknown[]) => skipped.push(args) };
    const { contextManager } = requestContextTelemetry(options as object);
    const metadata = context.run({ requestId: 'adder' }, () =>
      contextManager.getMetadata(contextManager.active()),
    );
    expect(metadata).toBe(long);
    expect(skipped).toEqual([['carrier', { key: 'requestId', target: undefined }]]);
  });
});

describe('withRequestContext()', () => {
  it.each([
    ['keys', { keys: 'tenant' }],
    ['id', { id: 'child' }],
  ])('throw at set-up and name the option that is invalid: %s', (option, options) => {
    const create = () => withRequestContext(async () => {}, options as object);
    expect(create).toThrow(InvalidOptionError);
    expect(create).toThrow(option);
  });

  it('throw at set-up when the processor is a file', () => {
    const processor = './processor.js' as unknown as () => void;
    expect(() => withRequestContext(processor)).toThrow(TypeError);
  });

  it.each([
    [undefined],
    [null],
    [7],
    ['job'],
    [{}],
    [{ opts: null }],
    [{ id: 1, opts: { tm: 2 } }],
  ])('run a processor under a fresh id for a job of any shape: %o', (job) => {
    const processor = withRequestContext((_: unknown) => getRequestId());
    const id = context.run({ requestId: 'ambient' }, () => processor(job));
    expect(id).toMatch(uuid);
  });

  it('return what the processor returns, throw what it throws, and pass on all arguments', () => {
    const error = new Error('from the processor');
    const processor = withRequestContext((_job: object, token: string, signal: unknown) => {
      if (token === 'bad') throw error;
      return [token, signal];
    });
    expect(processor({}, 'token', 1)).toEqual(['token', 1]);
    expect(() => processor({}, 'bad', 1)).toThrow(error);
    expect(processor).toHaveLength(3);
  });
});
