import { EventEmitter } from 'node:events';
import { context } from '@request-context/core';

/**
 * Makes a method call back in the scope that called it. Emitters that it takes or returns emit in that
 * scope too.
 */
export function carryThrough<T extends object>(target: T, method: keyof T & string): void {
  const original = target[method];
  if (typeof original !== 'function') throw new TypeError(`${method} is not a method.`);
  function bound(this: unknown, ...args: unknown[]): unknown {
    const result: unknown = Reflect.apply(original as () => unknown, this, args.map(carry));
    // All callers share an object that is returned for chaining.
    return result === this ? result : carry(result);
  }
  Object.assign(target, { [method]: bound });
}

function carry(value: unknown): unknown {
  if (typeof value === 'function') return context.bind(value as () => unknown);
  if (value instanceof EventEmitter) return context.bindEmitter(value);
  return value;
}
