/** Returns whether a value is an object, and neither null nor a function. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
