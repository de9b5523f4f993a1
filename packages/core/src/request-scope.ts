import { EventEmitter } from 'node:events';
import { bindEmitterTo, type Emitter } from './bind-emitter.ts';
import { type Method, replacePrototypeMethod } from './replace-method.ts';
import type { RequestIdDecision } from './request-id.ts';
import { createValues, type Scope, type Values } from './scope.ts';
import { processState } from './storage.ts';

const { listenerCount } = EventEmitter.prototype;

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

  /** Makes all that `emitter` emits from now on run in the scope. */
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

/**
 * Makes all that the objects of some classes emit run in the scope of their request, by the `emit` of the
 * classes' prototypes: nothing has to be done for each object.
 *
 * @param requestOf - The request that an object belongs to, if any.
 * @returns The `emit` of each prototype. Objects with another one need to be bound each by itself.
 */
export function bindRequestEmitters<E extends Emitter>(
  prototypes: readonly E[],
  requestOf: (emitter: E) => object,
): readonly unknown[] {
  const { context, requests } = processState;
  const { storage } = context;

  function emitIn(this: E, scope: RequestScope, emit: Method, ...args: unknown[]): unknown {
    return storage.run(scope, Reflect.apply, emit, this, args);
  }

  function emitInside(emit: Method): Method {
    // Node's own does nothing more for an event that nobody listens to, as most are.
    const isNodes = emit === EventEmitter.prototype.emit;
    // What is only passed on is not put into an array by V8: all else is left to other functions.
    return function (this: E, event: string, ...args: unknown[]): unknown {
      // An 'error' without a listener is thrown.
      if (isNodes && event !== 'error' && listenerCount.call(this, event) === 0) return false;
      const scope = requests.get(requestOf(this));
      return scope === undefined || storage.getStore() === scope
        ? emit.call(this, event, ...args)
        : emitIn.call(this, scope, emit, event, ...args);
    };
  }

  // As long as V8 sees one closure alone, it takes what that refers to for constants: prototypes that
  // inherit the same `emit` are given the same one.
  const made = new Map<Method, Method>();
  return prototypes.map((prototype) =>
    replacePrototypeMethod(prototype, 'emit', (emit) => {
      const known = made.get(emit) ?? emitInside(emit);
      made.set(emit, known);
      return known as never;
    }),
  );
}

/** Runs `fn` outside of any request, whatever is current; returns what it returns. */
export function runOutside<A extends unknown[], T>(fn: (...args: A) => T, ...args: A): T {
  return processState.context.storage.run(undefined, fn, ...args);
}
