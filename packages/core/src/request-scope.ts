import { bindEmitterTo, type Emitter } from './bind-emitter.ts';
import type { RequestIdDecision } from './request-id.ts';
import { createScope, type Scope } from './scope.ts';
import { processState } from './storage.ts';

/**
 * The scope of one request in the default context. It holds the request's values and id; it must
 * not hold the request, its response or its socket, which would otherwise live as long as anything
 * that was started in the scope.
 */
export class RequestScope {
  /** The request's id, as decided when the scope was made. */
  readonly requestId: string;
  readonly #scope: Scope;
  #error: Error | undefined;
  #claimed = false;

  constructor({ requestId, rejectedRequestId, values, error }: RequestIdDecision) {
    this.requestId = requestId;
    this.#scope = createScope({ ...values, requestId });
    if (rejectedRequestId !== undefined) this.#scope.values.rejectedRequestId = rejectedRequestId;
    this.#error = error;
  }

  /** Runs `fn` in the scope, whatever is current; returns what it returns. */
  run<A extends unknown[], T>(fn: (...args: A) => T, ...args: A): T {
    return processState.context.storage.run(this.#scope, fn, ...args);
  }

  /** Makes all that `emitter` emits from now on run in the scope. */
  bindEmitter(emitter: Emitter): void {
    bindEmitterTo(processState.context, this.#scope, emitter);
  }

  /** True the first time: for what has to be done once a request, whichever layer comes first. */
  claim(): boolean {
    const isFirst = !this.#claimed;
    this.#claimed = true;
    return isFirst;
  }

  /**
   * The decision's error, for the layer that can hand it to the framework's error handling. It is
   * given out once, so that one failure is reported once.
   */
  takeError(): Error | undefined {
    const error = this.#error;
    this.#error = undefined;
    return error;
  }
}

/** The scope that was opened for a request, by whichever layer, or undefined. */
export function findRequestScope(request: object): RequestScope | undefined {
  return processState.requests.get(request);
}

/**
 * Opens the scope of a request. Nothing of what is current is inherited.
 *
 * @param request - The request object by which other layers find the scope.
 */
export function openRequestScope(request: object, decision: RequestIdDecision): RequestScope {
  const scope = new RequestScope(decision);
  processState.requests.set(request, scope);
  return scope;
}

/** Runs `fn` outside of any request, whatever is current; returns what it returns. */
export function runOutside<A extends unknown[], T>(fn: (...args: A) => T, ...args: A): T {
  return processState.context.storage.run(undefined, fn, ...args);
}
