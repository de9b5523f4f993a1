import { describe, expect, it, vi } from 'vitest';
import { RequestScope } from '../src/adapter.ts';
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
