import { types } from 'node:util';

/**
 * Returns a copy of `source` that fields can be added to: it has the same prototype and properties. Its accessors
 * and methods run on `source` itself, as they may read private state, which the copy lacks.
 */
export function delegatingCopy(source: object): object {
  if (isPlain(source)) {
    try {
      const prototype = Object.getPrototypeOf(source);
      return prototype === Object.prototype
        ? { ...source }
        : Object.assign(Object.create(prototype), source);
    } catch {
      // A getter throws. Below, it is copied as a getter.
    }
  }
  const line = emptyLike(source);
  const isList = Array.isArray(line);
  for (const key of Reflect.ownKeys(source)) {
    if (isList && key === 'length') continue;
    const own = Object.getOwnPropertyDescriptor(source, key);
    if (own !== undefined) define(line, source, key, own, own.enumerable === true);
  }
  if (isList || isPlain(source)) return line;
  for (
    let prototype = Object.getPrototypeOf(source);
    prototype !== null && prototype !== Error.prototype && !isRoot(prototype);
    prototype = Object.getPrototypeOf(prototype)
  ) {
    for (const key of Reflect.ownKeys(prototype)) {
      if (key === 'constructor' || Object.hasOwn(line, key)) continue;
      const inherited = Object.getOwnPropertyDescriptor(prototype, key);
      if (inherited === undefined) continue;
      if (!('value' in inherited) || typeof inherited.value === 'function') {
        define(line, source, key, inherited, false);
      }
    }
  }
  return line;
}

/** Returns whether an object has no class, and so no private state. */
export function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || isRoot(prototype);
}

/** Returns whether it is the Object.prototype of this realm or another. */
function isRoot(prototype: object): boolean {
  return (
    prototype === Object.prototype ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf'))
  );
}

/** Returns an empty copy. Errors stay errors for V8: `structuredClone()`, `util.types.isNativeError()`. */
function emptyLike(source: object): object {
  if (Array.isArray(source)) return [];
  const prototype = Object.getPrototypeOf(source);
  if (!types.isNativeError(source)) return Object.create(prototype);
  const error: Error = Object.setPrototypeOf(new Error(), prototype);
  delete error.stack;
  return error;
}

function define(
  line: object,
  source: object,
  key: PropertyKey,
  { value, get, set }: PropertyDescriptor,
  enumerable: boolean,
): void {
  const common = { configurable: true, enumerable };
  if (get !== undefined || set !== undefined) {
    Object.defineProperty(line, key, {
      ...common,
      get: () => Reflect.get(source, key),
      // The source stays as it is.
      set: (replacement) =>
        Object.defineProperty(line, key, { ...common, writable: true, value: replacement }),
    });
    return;
  }
  Object.defineProperty(line, key, {
    ...common,
    writable: true,
    value: typeof value === 'function' ? onSource(value, line, source) : value,
  });
}

// biome-ignore lint/complexity/noBannedTypes: takes any arguments
function onSource(method: Function, line: object, source: object): Function {
  return function (this: unknown, ...args: unknown[]): unknown {
    return Reflect.apply(method, this === line ? source : this, args);
  };
}
