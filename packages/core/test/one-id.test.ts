import { describe, expect, it } from 'vitest';
import { openRequestScope } from '../src/adapter.ts';
import { type ContextValues, context, getRequestId } from '../src/index.ts';

/** Runs `task` as the adapters run what handles a request. */
function inRequest<T>(task: () => T): T {
  const decision = {
    requestId: 'myid',
    rejectedRequestId: 'rejected',
    values: undefined,
    error: undefined,
  };
  return openRequestScope({}, decision).run(task);
}

const impossible = { code: 'ERR_FIXED_REQUEST_ID', message: expect.stringContaining('myid') };

function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe("the id of a request's scope", () => {
  it('is kept by clear()', () => {
    inRequest(() => {
      context.clear();
      expect(context.toObject()).toEqual({ requestId: 'myid' });
      expect(getRequestId()).toBe('myid');
    });
  });

  it('is kept by delete()', () => {
    inRequest(() => {
      expect(context.delete('requestId')).toBe(false);
      expect(context.delete('rejectedRequestId')).toBe(true);
      expect(context.toObject()).toEqual({ requestId: 'myid' });
    });
  });

  it('cannot be set to another', () => {
    inRequest(() => {
      for (const id of ['other', undefined, null, '']) {
        const error = errorOf(() => context.set('requestId', id as string));
        expect(error).toBeInstanceOf(TypeError);
        expect(error).toMatchObject(impossible);
      }
      expect(getRequestId()).toBe('myid');
      context.set('requestId', 'myid');
      expect(getRequestId()).toBe('myid');
    });
  });

  it('cannot be changed by a fork that shares it, whose other values are not set then', () => {
    inRequest(() => {
      let started = false;
      const values: Partial<ContextValues> = { rejectedRequestId: 'other', requestId: 'other' };
      const error = errorOf(() => context.fork(() => (started = true), { values }));
      expect(error).toMatchObject(impossible);
      expect(started).toBe(false);
      expect(context.toObject()).toEqual({ requestId: 'myid', rejectedRequestId: 'rejected' });
      context.fork(() => expect(getRequestId()).toBe('myid'), { values: { requestId: 'myid' } });
    });
  });

  it('cannot be changed in a fork that shares it', () => {
    inRequest(() => {
      context.fork(() => {
        expect(errorOf(() => context.set('requestId', 'other'))).toMatchObject(impossible);
        context.clear();
        expect(getRequestId()).toBe('myid');
      });
    });
  });

  it.each(['copy', 'chain'] as const)('may be another in a child by %s', (inherit) => {
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

  it('may be another in a task of its own', () => {
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
