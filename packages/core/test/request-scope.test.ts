import { describe, expect, it, vi } from 'vitest';
import {
  currentIdHeaders,
  normalizeOptions,
  openRequest,
  type RequestReader,
  RequestScope,
} from '../src/adapter.ts';
import { type ContextValues, context, getRequestId } from '../src/index.ts';

/** Runs `task` in a request's scope. */
function inRequest<T>(task: () => T): T {
  const decision = {
    requestId: 'myid',
    rejectedRequestId: 'rejected',
    values: undefined,
    error: undefined,
  };
  return new RequestScope(decision).run(task);
}

// Any test that tries to change the id may be the first to do so, which makes Node warn.
const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});

describe("the id of a request's scope", () => {
  it('survive clear()', () => {
    inRequest(() => {
      context.clear();
      expect(context.toObject()).toEqual({ requestId: 'myid' });
      expect(getRequestId()).toBe('myid');
    });
  });

  it('survive delete()', () => {
    inRequest(() => {
      expect(context.delete('requestId')).toBe(false);
      expect(context.delete('rejectedRequestId')).toBe(true);
      expect(context.toObject()).toEqual({ requestId: 'myid' });
    });
  });

  it('survive set(), which warns the first time', async () => {
    warning.mockClear();
    vi.resetModules();
    const fresh = await import('../src/index.ts');
    inRequest(() => {
      fresh.context.set('requestId', 'myid');
      expect(warning).not.toHaveBeenCalled();
      for (const id of ['other', undefined, null, '']) {
        fresh.context.set('requestId', id as string);
        expect(getRequestId()).toBe('myid');
      }
    });
    expect(warning).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining('"myid"'),
      expect.objectContaining({ code: 'REQUEST_CONTEXT_FIXED_ID' }),
    );
  });

  it('survive another id among the values of a fork that shares it', () => {
    inRequest(() => {
      const values: Partial<ContextValues> = { rejectedRequestId: 'other', requestId: 'other' };
      context.fork(() => expect(getRequestId()).toBe('myid'), { values });
      expect(context.toObject()).toEqual({ requestId: 'myid', rejectedRequestId: 'other' });
    });
  });

  it.each(['copy', 'chain'] as const)('be changeable in a child by %s', (inherit) => {
    inRequest(() => {
      context.fork(
        () => {
          expect(getRequestId()).toBe('part');
          context.set('requestId', 'other');
          expect(getRequestId()).toBe('other');
          expect(context.delete('requestId')).toBe(true);
          expect(getRequestId()).toBe(inherit === 'chain' ? 'myid' : undefined);
          context.set('requestId', 'again');
          context.clear();
          expect(getRequestId()).toBe(inherit === 'chain' ? 'myid' : undefined);
        },
        { inherit, values: { requestId: 'part' } },
      );
      expect(getRequestId()).toBe('myid');
    });
  });

  it('be changeable in a separate task', () => {
    inRequest(() => {
      context.run({ requestId: 'job' }, () => {
        context.set('requestId', 'other');
        expect(getRequestId()).toBe('other');
        context.clear();
        expect(getRequestId()).toBeUndefined();
      });
      expect(getRequestId()).toBe('myid');
    });
  });
});

describe('currentIdHeaders', () => {
  type Headers = Readonly<Record<string, string>>;
  const reader: RequestReader<Headers> = {
    header: (headers, key) => headers[key],
    peer: () => undefined,
  };
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const inbound = ['X-Correlation-ID', 'traceparent'];

  function received(headers: Headers, options?: object): RequestScope {
    return openRequest(normalizeOptions(options), reader, headers, headers);
  }

  it.each([
    ['that was adopted', { 'x-request-id': 'myid' }, {}, 'x-request-id', 'x-request-id'],
    ['that was generated', {}, {}, undefined, 'x-request-id'],
    ['that replaces an invalid one', { 'x-request-id': 'a b' }, {}, undefined, 'x-request-id'],
    [
      'that replaces one of a stranger',
      { 'x-request-id': 'myid' },
      { trust: false },
      undefined,
      'x-request-id',
    ],
    ['of another header', { 'x-my-id': 'myid' }, { header: 'X-My-ID' }, 'x-my-id', 'x-my-id'],
    [
      'of a further inbound header',
      { 'x-request-id': 'a b', 'x-correlation-id': 'myid' },
      { inbound },
      'x-correlation-id',
      'x-request-id',
    ],
    ['that is part of a header', { traceparent }, { inbound }, undefined, 'x-request-id'],
    [
      'that was adopted before an option failed',
      { 'x-request-id': 'myid' },
      {
        values() {
          throw new Error('values');
        },
      },
      'x-request-id',
      'x-request-id',
    ],
  ])('return the headers of an id %s', (_what, headers, options, request, response) => {
    const scope = received(headers, options);
    expect(currentIdHeaders()).toBeUndefined();
    expect(scope.run(currentIdHeaders)).toEqual({ request, response });
  });

  it.each(['share', 'chain'] as const)('return them in a child by %s', (inherit) => {
    received({ 'x-request-id': 'myid' }).run(() => {
      context.fork(
        () =>
          context.fork(() => expect(currentIdHeaders()?.request).toBe('x-request-id'), { inherit }),
        { inherit },
      );
    });
  });

  it('return undefined where the id is not that of a request, or not known to be', () => {
    received({ 'x-request-id': 'myid' }).run(() => {
      context.fork(() => expect(currentIdHeaders()).toBeUndefined(), { inherit: 'copy' });
      const values = { requestId: 'part' };
      context.fork(() => expect(currentIdHeaders()).toBeUndefined(), { inherit: 'chain', values });
      context.run({ requestId: 'myid' }, () => expect(currentIdHeaders()).toBeUndefined());
    });
    inRequest(() => expect(currentIdHeaders()).toBeUndefined());
  });
});
