import { defaultState } from '../context/context-state.ts';
import { createValues, type Scope, type Values } from '../context/scope.ts';
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
  private error: Error | undefined;

  constructor({ requestId, rejectedRequestId, values, error }: RequestIdDecision) {
    this.values = createValues(values);
    this.values.requestId = requestId;
    if (rejectedRequestId !== undefined) this.values.rejectedRequestId = rejectedRequestId;
    this.parent = undefined;
    this.requestId = requestId;
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
 * Runs `fn` outside of any scope, regardless of the current one. Returns its result.
 *
 * @example
 * runWithoutScope(() => socket.setTimeout(5000));
 */
export function runWithoutScope<A extends unknown[], T>(fn: (...args: A) => T, ...args: A): T {
  return storage.run(undefined, fn, ...args);
}
