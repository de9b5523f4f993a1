import type { Scope } from './scope.ts';
import { unscoped } from './scoped-method.ts';
import { type ContextState, processState } from './storage.ts';
import { wrapMethod } from './wrap-method.ts';

/** The part of an `EventEmitter` that is used here. */
export interface Emitter {
  emit(...args: never[]): unknown;
}

/**
 * Makes all that `emitter` emits run in `scope`, through an `emit` of its own. No listener is
 * wrapped, so that `off`, `once`, `listeners()` and the rest behave as ever; and as only this
 * context's storage is entered, other AsyncLocalStorages keep what they have in every event.
 *
 * @returns whether the emitter could be changed; a frozen one cannot
 */
export function bindEmitterTo(
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
  // What a request or its response emits runs in the request's scope: this binding comes before that.
  const isDefault = storage === processState.context.storage;
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
