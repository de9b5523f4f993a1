import type { Method } from '@request-context/core/adapter';

/** How to restore what each patch that was undone had replaced. */
const undone = new WeakMap<Method, () => void>();

/**
 * Replaces a method of an object. Returns a function that restores it. Where other code has wrapped the new method
 * since, that function leaves it in place: the new method must then do nothing but call the original one.
 *
 * @param wrap - Returns the new method, given what returns the original one. The new one calls it with no function
 *   between: agent-base looks for https in the last ten calls of the stack.
 */
export function patchMethod<This extends object, Name extends string & keyof This>(
  object: This,
  name: Name,
  wrap: (original: () => This[Name] & Method) => This[Name] & Method,
): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(object, name);
  if (typeof object[name] !== 'function') return () => {};
  const parent = Object.getPrototypeOf(object) as This;
  const own = descriptor === undefined ? undefined : (object[name] as This[Name] & Method);
  // An inherited one is looked up at each call, so that later patches of it take effect.
  const patched = wrap(() => own ?? (parent[name] as This[Name] & Method));
  const enumerable = descriptor?.enumerable ?? false;
  const isPatched = Reflect.defineProperty(object, name, {
    configurable: true,
    enumerable,
    writable: true,
    value: patched,
  });
  if (!isPatched) return () => {};

  function restore(): void {
    if (descriptor === undefined) Reflect.deleteProperty(object, name);
    else Reflect.defineProperty(object, name, descriptor);
    // A patch below that was undone first could not be taken out then.
    if (own !== undefined) undone.get(own)?.();
  }
  return () => {
    undone.set(patched, restore);
    if (object[name] === patched) restore();
  };
}
