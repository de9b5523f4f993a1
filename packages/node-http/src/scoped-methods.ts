import { EventEmitter } from 'node:events';
import {
  defineMethod,
  findRequestScope,
  isInsideRequest,
  type Method,
  markScoped,
  type RequestScope,
  runWithoutScope,
} from '@request-context/core/adapter';
import { ensureEcho } from './ensure-echo.ts';
import type { NodeRequestScope } from './node-request-scope.ts';
import type { RawResponse } from './raw-message.ts';
import { passGivenHead, writeGivenHead } from './write-given-head.ts';

/** Methods that make requests or responses enter their scope, by their names. */
export type ScopedMethods = Readonly<Record<string, Method>>;

type Emitting = EventEmitter & { readonly req?: object };

const { listenerCount } = EventEmitter.prototype;

/**
 * Whether `end` binds its callback. Before version 24, Node calls it by a listener for 'finish', which other code
 * can see and remove. Deno reports a later version, but still does so.
 */
const bindsEnd = Number.parseInt(process.versions.node, 10) >= 24 && !('Deno' in globalThis);

/*
 * Each method below calls the one that it overrides by `super`, which each call looks up: patches of the classes
 * and prototypes beneath take effect, earlier or later ones. An event without listeners is emitted without
 * entering the scope. An event of a request that has no scope, as ahead of the middleware, is emitted outside of
 * any: Node may be in the scope of the request before.
 *
 * V8 is sensitive to how these methods are written. It does not put `...args` into an array where they are only
 * passed on, so everything else is in separate functions. It optimizes a function better that has one closure
 * alone, so `emit` is written twice, for requests and for responses. Keep both texts as they are.
 */

/** Returns the methods of requests, over those of `base`. */
export function requestMethods(base: object): ScopedMethods {
  const methods = {
    emit(this: Emitting, event: string, ...args: unknown[]): unknown {
      if (event !== 'error' && listenerCount.call(this, event) === 0) {
        return super.emit(event, ...args);
      }
      const scope = findRequestScope(this);
      if (scope === undefined) {
        return isInsideRequest()
          ? runWithoutScope(callOn, super.emit, this, event, ...args)
          : super.emit(event, ...args);
      }
      return scope.isCurrent
        ? super.emit(event, ...args)
        : callIn(scope, super.emit, this, event, ...args);
    },
  };
  return over(base, methods);
}

/**
 * Returns the methods of responses, over those of `base`.
 *
 * @param isOverOwn - Whether `writeHead` overrides one that other code gave the response. That decides how given
 *   headers are passed on.
 */
export function responseMethods(base: object, isOverOwn = false): ScopedMethods {
  const methods = {
    emit(this: Emitting, event: string, ...args: unknown[]): unknown {
      if (event !== 'error' && listenerCount.call(this, event) === 0) {
        return super.emit(event, ...args);
      }
      const scope = scopeOf(this);
      if (scope === undefined) {
        return isInsideRequest()
          ? runWithoutScope(callOn, super.emit, this, event, ...args)
          : super.emit(event, ...args);
      }
      return scope.isCurrent
        ? super.emit(event, ...args)
        : callIn(scope, super.emit, this, event, ...args);
    },

    writeHead(this: RawResponse, status: unknown, ...given: unknown[]): unknown {
      const scope = scopeOf(this);
      if (scope?.echo !== undefined) {
        if (given.length !== 0) {
          const write = isOverOwn ? passGivenHead : writeGivenHead;
          return write(super.writeHead, this, scope, scope.echo, status, ...given);
        }
        ensureEcho(this, scope, scope.echo);
      }
      return super.writeHead(status, ...given);
    },

    write(this: RawResponse, ...args: unknown[]): unknown {
      const scope = scopeOf(this);
      if (scope === undefined) return super.write(...args);
      if (hasCallback(...args)) return callBackIn(scope, super.write, this, ...args);
      return scope.isCurrent ? super.write(...args) : callIn(scope, super.write, this, ...args);
    },

    end(this: RawResponse, ...args: unknown[]): unknown {
      const scope = scopeOf(this);
      if (scope === undefined) return super.end(...args);
      if (bindsEnd && hasCallback(...args)) return callBackIn(scope, super.end, this, ...args);
      return scope.isCurrent ? super.end(...args) : callIn(scope, super.end, this, ...args);
    },

    writeContinue(this: RawResponse, ...args: unknown[]): unknown {
      const scope = scopeOf(this);
      return scope === undefined
        ? super.writeContinue(...args)
        : callBackIn(scope, super.writeContinue, this, ...args);
    },

    writeEarlyHints(this: RawResponse, ...args: unknown[]): unknown {
      const scope = scopeOf(this);
      return scope === undefined
        ? super.writeEarlyHints(...args)
        : callBackIn(scope, super.writeEarlyHints, this, ...args);
    },

    writeProcessing(this: RawResponse, ...args: unknown[]): unknown {
      const scope = scopeOf(this);
      return scope === undefined
        ? super.writeProcessing(...args)
        : callBackIn(scope, super.writeProcessing, this, ...args);
    },
  };
  // Node's deprecated name for the same function.
  return over(base, Object.assign(methods, { writeHeader: methods.writeHead }));
}

/** Defines those of the methods that a prototype inherits. Returns whether it could be changed. */
export function overrideMethods(prototype: object, methods: ScopedMethods): boolean {
  return Object.keys(methods)
    .filter((name) => name in prototype)
    .every((name) => defineMethod(prototype, name, methods[name] as Method));
}

function over(base: object, methods: ScopedMethods): ScopedMethods {
  Object.setPrototypeOf(methods, base);
  for (const method of Object.values(methods)) markScoped(method, base);
  return methods;
}

function scopeOf(res: { readonly req?: object | null }): NodeRequestScope | undefined {
  return findRequestScope(res) ?? findRequestScope(res.req);
}

function callOn(method: Method, object: object, ...args: readonly unknown[]): unknown {
  return Reflect.apply(method, object, args);
}

function callIn(
  scope: RequestScope,
  method: Method,
  object: object,
  ...args: readonly unknown[]
): unknown {
  return scope.run(Reflect.apply, method, object, args);
}

function hasCallback(...args: readonly unknown[]): boolean {
  return (
    typeof args[1] === 'function' || typeof args[2] === 'function' || typeof args[0] === 'function'
  );
}

/**
 * Calls a method in the scope, with its callbacks bound. Node calls back in the scope of the first write of all
 * that it sends at once, which with pipelining may be another request's.
 */
function callBackIn(
  scope: RequestScope,
  method: Method,
  object: object,
  ...args: readonly unknown[]
): unknown {
  const bound = args.map((arg) => (typeof arg === 'function' ? inScope(arg, scope) : arg));
  return scope.run(Reflect.apply, method, object, bound);
}

function inScope(callback: unknown, scope: RequestScope): Method {
  return function (this: unknown, ...args: unknown[]): unknown {
    return scope.run(Reflect.apply, callback as Method, this, args);
  };
}
