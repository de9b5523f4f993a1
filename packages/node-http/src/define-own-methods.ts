import {
  defineMethod,
  isScoped,
  type Method,
  underlyingMethod,
} from '@request-context/core/adapter';
import type { ScopedMethods } from './scoped-methods.ts';

/**
 * Defines own methods of an object that enter the scope, over those that it has or inherits. Methods that it does
 * not have are left out. An object that cannot be changed is left alone.
 *
 * @param keeps - Returns whether a method stays as it is.
 */
export function defineOwnMethods(
  object: object,
  methodsOver: (base: object, isOverOwn: boolean) => ScopedMethods,
  keeps: (method: unknown) => boolean = isScoped,
): void {
  const below: Record<string, Method> = {};
  const methods = methodsOver(below, Object.hasOwn(object, 'writeHead'));
  for (const name of Object.keys(methods)) {
    const present: unknown = Reflect.get(object, name);
    if (typeof present !== 'function' || keeps(present)) continue;
    below[name] = underlyingMethod(object, name);
    defineMethod(object, name, methods[name] as Method);
  }
}
