// biome-ignore lint/complexity/noBannedTypes: called with whatever its callers give it
export type Method = Function;

/** Makes the new method, given the one that it replaces. */
type Wrap<This> = (method: Method) => (this: This, ...args: never[]) => unknown;

/**
 * Gives an object a method of its own over the one that it has or inherits: not enumerable, and open to
 * be replaced by others in turn.
 *
 * @param choose - Returns the method to call for the one that is there at the time of a call.
 * @returns whether there was a method to replace, and the object could be changed: a frozen one cannot
 */
export function wrapMethod<This extends object>(
  object: This,
  name: string,
  wrap: Wrap<This>,
  choose?: (method: Method) => Method,
): boolean {
  if (typeof Reflect.get(object, name) !== 'function') return false;
  return defineMethod(object, name, wrap(methodBelow(object, name, choose)));
}

/** Defines a method that is not enumerable; returns whether the object could be changed. */
export function defineMethod(object: object, name: string, value: Method): boolean {
  return Reflect.defineProperty(object, name, {
    configurable: true,
    enumerable: false,
    writable: true,
    value,
  });
}

/**
 * Returns the method that an object's new method is to call: its own if it has one. One that it inherits
 * is looked up at each call, so that whatever others do to its prototypes in the meantime has its effect.
 */
export function methodBelow(
  object: object,
  name: string,
  choose: (method: Method) => Method = (method) => method,
): Method {
  const own = Object.hasOwn(object, name) ? (Reflect.get(object, name) as Method) : undefined;
  return function (this: unknown, ...args: unknown[]): unknown {
    const method =
      own ?? (Reflect.get(Object.getPrototypeOf(object) as object, name, object) as Method);
    return Reflect.apply(choose(method), this, args);
  };
}
