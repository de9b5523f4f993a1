import { shareInCore } from './share-in-process.ts';
import type { Method } from './wrap-method.ts';

/** The methods that enter a request's scope, and the objects whose methods they override. */
const bases: WeakMap<Method, object> = shareInCore('methods', () => new WeakMap());

/**
 * Marks a method that enters the scope of a request, with the object whose method it overrides. All copies of
 * this package in the process see the mark. It is not a property of the method, so a wrapper that copies
 * properties is not marked.
 *
 * @example
 * markScoped(methods.emit, Base.prototype);
 */
export function markScoped(method: Method, base: object): void {
  bases.set(method, base);
}

/**
 * Returns whether a method enters the scope of a request.
 *
 * @example
 * if (!isScoped(req.emit)) bind(req);
 */
export function isScoped(method: unknown): boolean {
  return typeof method === 'function' && bases.has(method);
}

/** Returns the method that a marked method overrides, and any other method itself. */
export function unscoped(method: Method, name: string): Method {
  let found = method;
  for (let base = bases.get(found); base !== undefined; base = bases.get(found)) {
    found = Reflect.get(base, name) as Method;
  }
  return found;
}
