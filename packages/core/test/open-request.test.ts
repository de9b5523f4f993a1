import { describe, expect, it, vi } from 'vitest';
import {
  addRequestObject,
  findRequestScope,
  normalizeOptions,
  openRequest,
  type RequestReader,
  RequestScope,
} from '../src/adapter.ts';
import { context, getRequestId } from '../src/index.ts';

interface Request {
  readonly id?: string;
}

const reader: RequestReader<Request> = { header: ({ id }) => id, peer: () => undefined };

describe('openRequest', () => {
  it("run code in the request's own scope, which inherits nothing", () => {
    const request = { id: 'myid' };
    const scope = context.run({ requestId: 'outer', rejectedRequestId: 'outer' }, () =>
      openRequest(normalizeOptions(), reader, request, request),
    );
    expect(scope.isCurrent).toBe(false);
    context.run({ requestId: 'ambient' }, () => {
      expect(scope.run(() => [getRequestId(), scope.isCurrent, context.toObject()])).toEqual([
        'myid',
        true,
        { requestId: 'myid' },
      ]);
      expect(getRequestId()).toBe('ambient');
    });
  });

  it('return the scope that another layer opened, and decide nothing again', () => {
    const request = {};
    const generate = vi.fn(() => 'made');
    const scope = openRequest(normalizeOptions({ generate }), reader, request, request);
    expect(openRequest(normalizeOptions({ generate }), reader, request, request)).toBe(scope);
    expect(generate).toHaveBeenCalledExactlyOnceWith(request);
    expect(findRequestScope(request)).toBe(scope);
  });

  it('return the scope by each object of the request, extensible or not', () => {
    const request = Object.freeze({ id: 'myid' });
    const response = {};
    const scope = openRequest(normalizeOptions(), reader, request, request);
    addRequestObject(response, scope);
    expect([findRequestScope(request), findRequestScope(response)]).toEqual([scope, scope]);
    expect(openRequest(normalizeOptions(), reader, response, response)).toBe(scope);
    expect(findRequestScope({ ...request })).toBeUndefined();
  });

  it('return the error of a function among the options once, beside a fresh id', () => {
    const failure = new Error('on purpose');
    const generate = (): never => {
      throw failure;
    };
    const scope = openRequest(normalizeOptions({ generate }), reader, {}, {});
    expect(scope.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect([scope.takeError(), scope.takeError()]).toEqual([failure, undefined]);
  });

  it('keep the scope that an adapter creates', () => {
    class OwnScope extends RequestScope {
      isOwn = true;
    }
    const created: unknown[] = [];
    const request = { id: 'myid' };
    const scope = openRequest(normalizeOptions(), reader, request, request, (decision, raw) => {
      created.push(raw);
      return new OwnScope(decision);
    });
    expect(scope).toBeInstanceOf(OwnScope);
    expect([created, findRequestScope(request)]).toEqual([[request], scope]);
    expect(scope.run(getRequestId)).toBe('myid');
  });
});
