import { unscoped } from '../internal/scoped-method.ts';
import { wrapMethod } from '../internal/wrap-method.ts';
import { type ContextState, defaultState } from './context-state.ts';
import type { Scope } from './scope.ts';

/** The part of an `EventEmitter` that {@link bindEmitter} uses. */
export interface Emitter {
  emit(...args: never[]): unknown;
}

/**
 * Makes everything that `emitter` emits run in `scope`, through an own `emit`. Listeners are not wrapped, so
 * `off`, `once`, `listeners()` and the rest work as usual. It enters only this context's storage: every event
 * keeps the values of other AsyncLocalStorages.
 *
 * @returns whether the emitter could be changed; a frozen one cannot
 */
export function bindEmitter(
  { storage, emitters }: ContextState,
  scope: Scope | undefined,
  emitter: Emitter,
): boolean {
  const known = emitters.get(emitter);
  if (known !== undefined) {
    known.scope = scope;
    return true;
  }
  const binding = { scope };
  // A request and its response emit in the request's scope. This binding takes precedence over that.
  const isDefault = storage === defaultState.storage;
  const isBound = wrapMethod(
    emitter,
    'emit',
    (emit) =>
      function (this: unknown, ...args: unknown[]): unknown {
        if (storage.getStore() === binding.scope) return Reflect.apply(emit, this, args);
        return storage.run(binding.scope, Reflect.apply, emit, this, args);
      },
    isDefault ? (method) => unscoped(method, 'emit') : undefined,
  );
  if (isBound) emitters.set(emitter, binding);
  return isBound;
}
