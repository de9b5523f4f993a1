import type { Method } from '@request-context/core/adapter';

/** What each patch that was undone had replaced. */
const undone = new WeakMap<Method, Method>();

/**
 * Replaces a method of an object. Returns a function that puts the former one back. Where somebody has wrapped the new
 * method since, that function leaves it in place: the new method must then do nothing but call the former one.
 *
 * @param wrap - Returns the new method, given the former one.
 */
export function patchMethod(
  object: object,
  name: string,
  wrap: (method: Method) => Method,
): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(object, name);
  const former: unknown = Reflect.get(object, name);
  if (typeof former !== 'function') return () => {};
  const patched = wrap(former);
  const enumerable = descriptor?.enumerable ?? false;
  const define = (value: Method) =>
    Reflect.defineProperty(object, name, { configurable: true, enumerable, writable: true, value });
  define(patched);
  return () => {
    undone.set(patched, former);
    if (Reflect.get(object, name) !== patched) return;
    // Patches below that were undone first could not be taken out then.
    let below: Method = former;
    for (let next = undone.get(below); next !== undefined; next = undone.get(below)) below = next;
    if (below === former && descriptor !== undefined) {
      Reflect.defineProperty(object, name, descriptor);
    } else {
      define(below);
    }
  };
}
