import { bindEmitterTo, type Emitter } from './bind-emitter.ts';
import type { RequestIdDecision } from './request-id.ts';
import { createValues, type Scope, type Values } from './scope.ts';
import { processState } from './storage.ts';

/** How a response tells the id. */
export interface Echo {
  /** The header's name. */
  readonly header: string;
  /** The name in lower case. */
  readonly key: string;
  /** Whether scripts of other origins may read it. */
  readonly exposeHeader: boolean;
}

/**
 * The scope of one request in the default context. It holds the request's values and id; it must
 * not hold the request, its response or its socket, which would otherwise live as long as anything
 * that was started in the scope.
 */
export class RequestScope implements Scope {
  values: Values;
  readonly parent: undefined;
  /** The request's id, as decided when the scope was made. */
  readonly requestId: string;
  /** How the response tells it; undefined when it does not. */
  echo: Echo | undefined;
  private error: Error | undefined;
  private isClaimed: boolean;

  constructor({ requestId, rejectedRequestId, values, error }: RequestIdDecision) {
    this.values = createValues(values);
    this.values.requestId = requestId;
    if (rejectedRequestId !== undefined) this.values.rejectedRequestId = rejectedRequestId;
    this.parent = undefined;
    this.requestId = requestId;
    this.echo = undefined;
    this.error = error;
    this.isClaimed = false;
  }

  /** Runs `fn` in the scope, whatever is current; returns what it returns. */
  run<A extends unknown[], T>(fn: (...args: A) => T, ...args: A): T {
    return processState.context.storage.run(this, fn, ...args);
  }

  /** Whether the code runs in the scope already. */
  get isCurrent(): boolean {
    return processState.context.storage.getStore() === this;
  }

  /** Makes all that `emitter` emits from now on run in the scope, unless it is frozen. */
  bindEmitter(emitter: Emitter): void {
    bindEmitterTo(processState.context, this, emitter);
  }

  /** True the first time: for what has to be done once a request, whichever layer comes first. */
  claim(): boolean {
    const isFirst = !this.isClaimed;
    this.isClaimed = true;
    return isFirst;
  }

  /**
   * The decision's error, for the layer that can hand it to the framework's error handling. It is
   * given out once, so that one failure is reported once.
   */
  takeError(): Error | undefined {
    const error = this.error;
    this.error = undefined;
    return error;
  }
}

/** The scope that was opened for a request, by whichever layer, or undefined. */
export function findRequestScope(request: object | null | undefined): RequestScope | undefined {
  return processState.requests.get(request);
}

/**
 * Opens the scope of a request. Nothing of what is current is inherited.
 *
 * @param request - The request object by which other layers find the scope.
 */
export function openRequest(request: object, decision: RequestIdDecision): RequestScope {
  const scope = new RequestScope(decision);
  processState.requests.set(request, scope);
  return scope;
}

/** Makes a further object of a request, such as its response, one by which the scope is found. */
export function addRequestObject(object: object, scope: RequestScope): void {
  processState.requests.set(object, scope);
}

/**
 * Whether the code runs in the scope of a request: of any, in a child by `copy` or `chain` not.
 */
export function isInsideRequest(): boolean {
  return processState.context.storage.getStore()?.requestId !== undefined;
}

/** Runs `fn` outside of any request, whatever is current; returns what it returns. */
export function runOutside<A extends unknown[], T>(fn: (...args: A) => T, ...args: A): T {
  return processState.context.storage.run(undefined, fn, ...args);
}
