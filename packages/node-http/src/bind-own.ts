import { defineMethod, isScoped, type Method, methodBelow } from '@request-context/core/adapter';
import type { ScopedMethods } from './scoped-methods.ts';

/**
 * Gives an object methods of its own by which it enters the scope, over those that it has or inherits. Those
 * that it does not have are left out, and so is all of an object that cannot be changed.
 *
 * @param keeps - Whether a method stays as it is.
 */
export function bindOwn(
  object: object,
  methodsOver: (base: object, isOverOwn: boolean) => ScopedMethods,
  keeps: (method: unknown) => boolean = isScoped,
): void {
  const below: Record<string, Method> = {};
  const methods = methodsOver(below, Object.hasOwn(object, 'writeHead'));
  for (const name of Object.keys(methods)) {
    const present: unknown = Reflect.get(object, name);
    if (typeof present !== 'function' || keeps(present)) continue;
    below[name] = methodBelow(object, name);
    defineMethod(object, name, methods[name] as Method);
  }
}
