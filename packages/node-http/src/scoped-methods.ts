import { EventEmitter } from 'node:events';
import {
  defineMethod,
  findRequestScope,
  type Method,
  markScoped,
  type RequestScope,
} from '@request-context/core/adapter';
import { settleHead } from './echo.ts';
import type { RawResponse } from './incoming.ts';
import { writeGivenHead } from './write-given-head.ts';

/** Methods by which requests or responses enter their scope, by their names. */
export type ScopedMethods = Readonly<Record<string, Method>>;

type Emitting = EventEmitter & { readonly req?: object };

const { listenerCount } = EventEmitter.prototype;

/** Before version 24, Node calls back for `end` by a listener for 'finish', which others can see and take off. */
const bindsEnd = Number.parseInt(process.versions.node, 10) >= 24;

/*
 * Each of the methods below calls the one that it replaces by `super`, which is looked up at each call: what
 * others do to the classes and prototypes beneath, earlier or later, has its effect. An event that nobody
 * listens to is emitted as it is, without entering the scope.
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
      return scope === undefined || scope.isCurrent
        ? super.emit(event, ...args)
        : emitIn(scope, super.emit, this, event, ...args);
    },
  };
  return over(base, methods);
}

/** Makes the methods of responses, over those of `base`. */
export function responseMethods(base: object): ScopedMethods {
  const methods = {
    emit(this: Emitting, event: string, ...args: unknown[]): unknown {
      if (event !== 'error' && listenerCount.call(this, event) === 0) {
        return super.emit(event, ...args);
      }
      const scope = scopeOf(this);
      return scope === undefined || scope.isCurrent
        ? super.emit(event, ...args)
        : emitIn(scope, super.emit, this, event, ...args);
    },

    writeHead(this: RawResponse, status: unknown, ...given: unknown[]): unknown {
      const scope = scopeOf(this);
      if (scope?.echo !== undefined) {
        if (given.length !== 0) {
          return writeGivenHead(super.writeHead, this, scope, scope.echo, status, ...given);
        }
        settleHead(this, scope, scope.echo);
      }
      return super.writeHead(status, ...given);
    },

    write(this: RawResponse, ...args: unknown[]): unknown {
      return hasCallback(args) ? callInside(super.write, this, args) : super.write(...args);
    },

    end(this: RawResponse, ...args: unknown[]): unknown {
      return bindsEnd && hasCallback(args) ? callInside(super.end, this, args) : super.end(...args);
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
  return findRequestScope(res.req) ?? findRequestScope(res);
}

function emitIn(
  scope: RequestScope,
  emit: Method,
  emitter: object,
  ...args: readonly unknown[]
): unknown {
  return scope.run(Reflect.apply, emit, emitter, args);
}

function hasCallback(args: readonly unknown[]): boolean {
  return (
    typeof args[1] === 'function' || typeof args[2] === 'function' || typeof args[0] === 'function'
  );
}

/**
 * Calls a method with its callbacks bound: Node calls back for what it writes in the scope of who wrote
 * first of what went out together, which with pipelining may be another request.
 */
function callInside(method: Method, res: RawResponse, args: readonly unknown[]): unknown {
  const scope = scopeOf(res);
  if (scope === undefined) return Reflect.apply(method, res, args);
  const bound = args.map((arg) => (typeof arg === 'function' ? inScope(arg, scope) : arg));
  return Reflect.apply(method, res, bound);
}

function inScope(callback: Method, scope: RequestScope): Method {
  return (...args: unknown[]) => scope.run(Reflect.apply, callback, undefined, args);
}
