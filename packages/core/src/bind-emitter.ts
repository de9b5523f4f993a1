import { originalOf, replaceMethod } from './replace-method.ts';
import type { Scope } from './scope.ts';
import { type ContextState, processState } from './storage.ts';

/** The part of an `EventEmitter` that is used here. */
export interface Emitter {
  emit(...args: never[]): unknown;
}

/**
 * Makes all that `emitter` emits run in `scope`, through an `emit` of its own. No listener is
 * wrapped, so that `off`, `once`, `listeners()` and the rest behave as ever; and as only this
 * context's storage is entered, other AsyncLocalStorages keep what they have in every event.
 */
export function bindEmitterTo(
  { storage, emitters }: ContextState,
  scope: Scope | undefined,
  emitter: Emitter,
): void {
  const known = emitters.get(emitter);
  if (known !== undefined) {
    known.scope = scope;
    return;
  }
  const binding = { scope };
  replaceMethod(emitter, 'emit', (inherited) => {
    // A request's is bound already, by its prototype; this binding takes the place of that one.
    const emit = storage === processState.context.storage ? originalOf(inherited) : inherited;
    return function (this: unknown, ...args: unknown[]): unknown {
      if (storage.getStore() === binding.scope) return Reflect.apply(emit, this, args);
      return storage.run(binding.scope, Reflect.apply, emit, this, args);
    };
  });
  emitters.set(emitter, binding);
}
