// biome-ignore lint/complexity/noBannedTypes: called with whatever its callers give it
type Method = Function;

/**
 * Gives an object a method of its own in place of the one that it has, or inherits: not enumerable, so
 * that it shows as little as can be, and open to be replaced by others in their turn.
 *
 * @param wrap - Makes the new method, given the one that was there.
 */
export function replaceMethod<This extends object>(
  object: This,
  name: string,
  wrap: (method: Method) => (this: This, ...args: never[]) => unknown,
): void {
  const value = wrap(Reflect.get(object, name) as Method);
  Object.defineProperty(object, name, {
    configurable: true,
    enumerable: false,
    writable: true,
    value,
  });
}
