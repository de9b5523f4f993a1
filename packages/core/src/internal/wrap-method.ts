/** A method of any kind. */
// biome-ignore lint/complexity/noBannedTypes: takes any arguments
export type Method = Function;

/** Returns the new method, given the one that it wraps. */
type Wrap<This> = (method: Method) => (this: This, ...args: never[]) => unknown;

/**
 * Defines an own method on an object that wraps the one it has or inherits. The new method is not enumerable,
 * and others can replace it in turn.
 *
 * @param choose - Returns the method to call, given the one that the object has at the time of a call.
 * @returns whether the object had such a method and could be changed: a frozen one cannot
 *
 * @example
 * wrapMethod(emitter, 'emit', (emit) => function (...args) {
 *   return runWithoutScope(Reflect.apply, emit, this, args);
 * });
 */
export function wrapMethod<This extends object>(
  object: This,
  name: string,
  wrap: Wrap<This>,
  choose?: (method: Method) => Method,
): boolean {
  if (typeof Reflect.get(object, name) !== 'function') return false;
  return defineMethod(object, name, wrap(underlyingMethod(object, name, choose)));
}

/**
 * Defines a method that is not enumerable. Returns whether the object could be changed.
 *
 * @example
 * defineMethod(req, 'elapsed', () => performance.now() - start);
 */
export function defineMethod(object: object, name: string, value: Method): boolean {
  return Reflect.defineProperty(object, name, {
    configurable: true,
    enumerable: false,
    writable: true,
    value,
  });
}

/**
 * Returns the method that an object's new method is to call: its own if it has one. An inherited one is
 * looked up at each call, so that later patches of the object's prototypes take effect.
 *
 * @example
 * const emit = underlyingMethod(emitter, 'emit');
 */
export function underlyingMethod(
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
