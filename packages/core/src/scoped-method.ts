import { processState } from './storage.ts';
import type { Method } from './wrap-method.ts';

const { methods } = processState;

/**
 * Notes that a method enters the scope of a request, and where it finds the method that it replaces.
 * All copies of this package in the process know of it. It is noted here, not as a property of the method:
 * a wrapper that copies properties is no such method.
 */
export function markScoped(method: Method, base: object): void {
  methods.set(method, base);
}

/** Returns whether a method enters the scope of a request by itself. */
export function isScoped(method: unknown): boolean {
  return typeof method === 'function' && methods.has(method);
}

/** Returns the method that a method replaces if it enters a request's scope, and the method itself if not. */
export function unscoped(method: Method, name: string): Method {
  let found = method;
  for (let base = methods.get(found); base !== undefined; base = methods.get(found)) {
    found = Reflect.get(base, name) as Method;
  }
  return found;
}
