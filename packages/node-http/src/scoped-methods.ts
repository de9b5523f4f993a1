import { EventEmitter } from 'node:events';
import {
  defineMethod,
  findRequestScope,
  isInsideRequest,
  type Method,
  markScoped,
  type RequestScope,
  runOutside,
} from '@request-context/core/adapter';
import { settleHead } from './echo.ts';
import type { RawResponse } from './incoming.ts';
import { passGivenHead, writeGivenHead } from './write-given-head.ts';

/** Methods by which requests or responses enter their scope, by their names. */
export type ScopedMethods = Readonly<Record<string, Method>>;

type Emitting = EventEmitter & { readonly req?: object };

const { listenerCount } = EventEmitter.prototype;

/**
 * Before version 24, Node calls back for `end` by a listener for 'finish', which others can see and take off.
 * Deno, which says that it is a later one, still does.
 */
const bindsEnd = Number.parseInt(process.versions.node, 10) >= 24 && !('Deno' in globalThis);

/*
 * Each of the methods below calls the one that it replaces by `super`, which is looked up at each call: what
 * others do to the classes and prototypes beneath, earlier or later, has its effect. An event that nobody
 * listens to is emitted as it is, without entering the scope. One of a request that nobody has entered, as ahead
 * of the middleware, is emitted outside of any: Node may be in the scope of the request before.
 *
 * What is only passed on, as `...args`, is not put into an array by V8: all else is left to functions of
 * their own. Requests and responses have texts of their own too, as V8 knows more of a function that there is
 * one closure of.
 */

/** Makes the methods of requests, over those of `base`. */
export function requestMethods(base: object): ScopedMethods {
  const methods = {
    emit(this: Emitting, event: string, ...args: unknown[]): unknown {
      if (event !== 'error' && listenerCount.call(this, event) === 0) {
        return super.emit(event, ...args);
      }
      const scope = findRequestScope(this);
      if (scope === undefined) {
        return isInsideRequest()
          ? runOutside(callOn, super.emit, this, event, ...args)
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
 * Makes the methods of responses, over those of `base`.
 *
 * @param isOverOwn - Whether `writeHead` goes over one that somebody gave the response, which decides what
 *   becomes of given headers.
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
          ? runOutside(callOn, super.emit, this, event, ...args)
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
        settleHead(this, scope, scope.echo);
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
  // The deprecated name, which Node gives to the same function.
  return over(base, Object.assign(methods, { writeHeader: methods.writeHead }));
}

/** Defines on a prototype those of the methods that it inherits. Returns whether it could be changed. */
export function giveMethods(prototype: object, methods: ScopedMethods): boolean {
  return Object.keys(methods)
    .filter((name) => name in prototype)
    .every((name) => defineMethod(prototype, name, methods[name] as Method));
}

function over(base: object, methods: ScopedMethods): ScopedMethods {
  Object.setPrototypeOf(methods, base);
  for (const method of Object.values(methods)) markScoped(method, base);
  return methods;
}

function scopeOf(res: { readonly req?: object | null }): RequestScope | undefined {
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
 * Calls a method in the scope, with its callbacks bound: Node calls back for what it writes in the scope of
 * who wrote first of what went out together, which with pipelining may be another request.
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
