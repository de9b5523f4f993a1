import { context } from '@request-context/core';
import type { RequestScope } from '@request-context/core/adapter';

/** Makes everything that `emitter` emits from now on run in the scope, unless the emitter is frozen. */
export function bindEmitterTo(
  scope: RequestScope,
  emitter: { emit(...args: never[]): unknown },
): void {
  try {
    scope.run(context.bindEmitter, emitter);
  } catch {
    // Frozen.
  }
}
