/**
 * Returns the object that all copies of a package in the process share under a name: the ESM and CommonJS
 * builds side by side, or two installed versions. Put a number into the name, and raise it when the
 * object's shape changes, so that incompatible copies do not share it.
 *
 * @example
 * const patched = shareInProcess('@acme/adapter/patched:1', () => new WeakSet());
 */
export function shareInProcess<T extends object>(name: string, create: () => T): T {
  const key = Symbol.for(name);
  const holder = globalThis as { [key]?: T };
  const existing = holder[key];
  if (existing !== undefined) return existing;
  // Sealed: Jest 30 deletes what it can of the objects that tests leave on globalThis.
  const created = Object.seal(create());
  Object.defineProperty(globalThis, key, { value: created });
  return created;
}

/** Does the same for one part of what copies of this package share. All parts have the same number. */
export function shareInCore<T extends object>(part: string, create: () => T): T {
  return shareInProcess(`@request-context/core/${part}:3`, create);
}
