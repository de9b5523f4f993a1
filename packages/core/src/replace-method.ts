// biome-ignore lint/complexity/noBannedTypes: called with whatever its callers give it
export type Method = Function & { [original]?: Method };

/** Makes the new method, given the one that was there. */
type Wrap<This> = (method: Method) => (this: This, ...args: never[]) => unknown;

/** On a method of a prototype that was replaced: the one that was there. */
const original: unique symbol = Symbol.for('@request-context/core:original') as never;

/**
 * Gives an object a method of its own in place of the one that it has, or inherits: not enumerable, so
 * that it shows as little as can be, and open to be replaced by others in their turn.
 *
 * @returns the new method
 */
export function replaceMethod<This extends object>(
  object: This,
  name: string,
  wrap: Wrap<This>,
): Method {
  const value = wrap(Reflect.get(object, name) as Method);
  Object.defineProperty(object, name, {
    configurable: true,
    enumerable: false,
    writable: true,
    value,
  });
  return value;
}

/**
 * The same for a prototype of Node's own, which everything in the process has in common: where another
 * copy of the package was there before, and where a test runner runs each file in a realm of its own,
 * the newest takes the place of the one before.
 */
export function replacePrototypeMethod<This extends object>(
  prototype: This,
  name: string,
  wrap: Wrap<This>,
): Method {
  const inherited = originalOf(Reflect.get(prototype, name) as Method);
  const method = replaceMethod(prototype, name, () => wrap(inherited));
  Object.defineProperty(method, original, { value: inherited });
  return method;
}

/** What was there before a prototype's method was replaced; any other method itself. */
export function originalOf(method: Method): Method {
  return method[original] ?? method;
}
