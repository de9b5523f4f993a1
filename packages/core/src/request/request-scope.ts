import { defaultState } from '../context/context-state.ts';
import { getRequestId } from '../context/get-request-id.ts';
import { createValues, type Scope, type Values } from '../context/scope.ts';
import type { IdHeaders } from '../request-id/id-headers.ts';
import type { RequestIdDecision } from '../request-id/resolve-request-id.ts';

const { storage } = defaultState;

/**
 * The scope of one request in the default context. It holds the request's values and id. It must not hold the
 * request, its response or its socket: they would live as long as anything that was started in the scope.
 */
export class RequestScope implements Scope {
  values: Values;
  readonly parent: undefined;
  /** The request's id, as decided when the scope was opened. */
  readonly requestId: string;
  /** The headers that the id came in and goes out by; undefined where the adapter did not say. */
  readonly idHeaders: IdHeaders | undefined;
  private error: Error | undefined;

  constructor({ requestId, rejectedRequestId, values, error, idHeaders }: RequestIdDecision) {
    this.values = createValues(values);
    this.values.requestId = requestId;
    if (rejectedRequestId !== undefined) this.values.rejectedRequestId = rejectedRequestId;
    this.parent = undefined;
    this.requestId = requestId;
    this.idHeaders = idHeaders;
    this.error = error;
  }

  /**
   * Runs `fn` in the scope, regardless of the current one. Returns its result.
   *
   * @example
   * scope.run(next);
   */
  run<A extends unknown[], T>(fn: (...args: A) => T, ...args: A): T {
    return storage.run(this, fn, ...args);
  }

  /** Whether the code runs in the scope already. */
  get isCurrent(): boolean {
    return storage.getStore() === this;
  }

  /**
   * Returns the decision's error, for the layer that can pass it to the framework's error handling. Only the
   * first call returns it, so that one failure is reported once.
   */
  takeError(): Error | undefined {
    const error = this.error;
    this.error = undefined;
    return error;
  }
}

/**
 * Returns whether the code runs in the scope of a request. A child by `copy` or `chain` has another scope.
 *
 * @example
 * if (isInsideRequest()) runWithoutScope(connect);
 */
export function isInsideRequest(): boolean {
  return storage.getStore()?.requestId !== undefined;
}

/**
 * Returns the headers that the current id came in and goes out by. Undefined outside of requests, in a child by
 * `copy`, and where a child has another id than the request.
 *
 * @example
 * const isAdopted = currentIdHeaders()?.request !== undefined;
 */
export function currentIdHeaders(): IdHeaders | undefined {
  for (let at: Scope | undefined = storage.getStore(); at !== undefined; at = at.parent) {
    if (isRequestScope(at)) return at.requestId === getRequestId() ? at.idHeaders : undefined;
  }
  return undefined;
}

/** Returns whether a scope is a request's, of whichever copy of this package. */
function isRequestScope(scope: Scope): scope is RequestScope {
  return scope.requestId !== undefined;
}

/**
 * Runs `fn` outside of any scope, regardless of the current one. Returns its result.
 *
 * @example
 * runWithoutScope(() => socket.setTimeout(5000));
 */
export function runWithoutScope<A extends unknown[], T>(fn: (...args: A) => T, ...args: A): T {
  return storage.run(undefined, fn, ...args);
}
