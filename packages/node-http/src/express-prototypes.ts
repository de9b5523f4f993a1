import type { IncomingMessage, ServerResponse } from 'node:http';
import { findRequestScope, isScoped } from '@request-context/core/adapter';
import { defineOwnMethods } from './define-own-methods.ts';
import { overrideMethods, requestMethods, responseMethods } from './scoped-methods.ts';

/*
 * Express changes the prototype of each request and response to `app.request` and `app.response`. Those inherit
 * from `express.request` and `express.response`, where Express documents that methods go. Ours go there, once for
 * each copy of Express: the scoped subclass is no longer among the prototypes of the objects.
 */

/** The request that its server, or the wrapped listener, is handling synchronously. */
let dispatched: object | undefined;
/** Servers whose requests go to Express synchronously, and get prototypes that have our methods. */
const knownServers = new WeakSet<object>();

/** Runs `dispatch`, which may pass the request to Express synchronously. */
export function dispatchRequest<A extends unknown[], T>(
  raw: object,
  dispatch: (...args: A) => T,
  ...args: A
): T {
  const before = dispatched;
  dispatched = raw;
  try {
    return dispatch(...args);
  } finally {
    dispatched = before;
  }
}

/**
 * Defines the methods on the prototype that all requests, or responses, of a copy of Express inherit from.
 * Returns whether it has them: not if the object is not Express's.
 */
export function defineOnExpress(object: object, kind: 'request' | 'response'): boolean {
  const place = placeOf(object, kind);
  if (place === undefined) return false;
  if (isScoped((place as { emit?: unknown }).emit)) return true;
  const base = Object.getPrototypeOf(place) as object;
  const methods = kind === 'request' ? requestMethods(base) : responseMethods(base);
  // Other code has put methods there. The object gets own ones over them.
  if (Object.keys(methods).some((name) => Object.hasOwn(place, name))) return false;
  return overrideMethods(place, methods);
}

/** Returns the prototype that all requests, or responses, of a copy of Express inherit from. */
function placeOf(object: object, kind: 'request' | 'response'): object | undefined {
  let place = Object.getPrototypeOf(object) as object | null;
  // The prototypes of an application have it as their `app`.
  const app = place !== null && Object.hasOwn(place, 'app') ? Reflect.get(place, 'app') : undefined;
  if (typeof app !== 'function' || Reflect.get(app, kind) !== place) return undefined;
  while (place !== null) {
    const next = Object.getPrototypeOf(place) as object | null;
    if (next === null || Object.hasOwn(next, 'constructor')) return place;
    place = next;
  }
  return undefined;
}

/**
 * Detects when a request of a subclass is passed to Express, which sets `req.res` before it changes the
 * prototypes. Unless the new prototypes are known to have our methods, the objects get own ones.
 */
export function detectExpress(prototype: IncomingMessage): void {
  Object.defineProperty(prototype, 'res', {
    configurable: true,
    enumerable: false,
    get: () => undefined,
    set(this: IncomingMessage, res: unknown) {
      Object.defineProperty(this, 'res', {
        configurable: true,
        enumerable: true,
        writable: true,
        value: res,
      });
      if (typeof res === 'object' && res !== null) beforeExpress(this, res);
    },
  });
}

function beforeExpress(raw: IncomingMessage, res: object): void {
  const scope = findRequestScope(raw);
  const { server } = (raw.socket ?? {}) as { server?: object };
  const isSynchronous = dispatched === raw && server !== undefined;
  // No scope yet: the middleware will bind the objects, after Express has changed them.
  if (scope === undefined || (isSynchronous && knownServers.has(server))) return;
  // The inherited methods will be gone.
  defineOwnMethods(raw, requestMethods, never);
  defineOwnMethods(res, responseMethods, never);
  // By a promise, because test runners replace queueMicrotask().
  Promise.resolve().then(() => {
    const hasMethods = defineOnExpress(raw, 'request') && defineOnExpress(res, 'response');
    if (hasMethods && isSynchronous && inheritsMethods(res)) knownServers.add(server);
  });
}

/** Returns whether a response inherits our methods: the application may have put others over them. */
function inheritsMethods(res: object): boolean {
  const { emit, writeHead } = Object.getPrototypeOf(res) as ServerResponse;
  return isScoped(emit) && isScoped(writeHead);
}

function never(): boolean {
  return false;
}
