import type { IncomingMessage, ServerResponse } from 'node:http';
import { findRequestScope, isScoped } from '@request-context/core/adapter';
import { bindOwn } from './bind-own.ts';
import { giveMethods, requestMethods, responseMethods } from './scoped-methods.ts';

/*
 * Express sets the prototype of each request and response to those of the application, `app.request` and
 * `app.response`. They inherit from `express.request` and `express.response`, which Express documents as the
 * place for methods: there ours go, once for each copy of Express. Objects of subclasses lose them, as the
 * subclass is no longer among their prototypes.
 */

/** The request that its server, or the wrapped listener, is handling at this moment, and not later. */
let dispatched: object | undefined;
/** The servers whose requests, dispatched at once, have been seen to end at prototypes that have our methods. */
const settled = new WeakSet<object>();

/** Runs `dispatch`, which may hand the request to Express at once. */
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
 * Gives the methods to the place that a request or response of Express inherits from. Returns whether it has
 * them; not if it is no object of Express's.
 */
export function giveToExpress(object: object, kind: 'request' | 'response'): boolean {
  const place = placeOf(object, kind);
  if (place === undefined) return false;
  if (isScoped((place as { emit?: unknown }).emit)) return true;
  const base = Object.getPrototypeOf(place) as object;
  const methods = kind === 'request' ? requestMethods(base) : responseMethods(base);
  // Somebody else's stand there: the object's own are put over them.
  if (Object.keys(methods).some((name) => Object.hasOwn(place, name))) return false;
  return giveMethods(place, methods);
}

/** The prototype that all requests, or responses, of a copy of Express inherit from. */
function placeOf(object: object, kind: 'request' | 'response'): object | undefined {
  let place = Object.getPrototypeOf(object) as object | null;
  // Each application's prototypes have it as their `app`.
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
 * Watches requests of a subclass for being handed to Express. Before it changes the prototypes, it sets
 * `req.res`. Where it is not known yet that the new ones have our methods, the objects get methods of
 * their own.
 */
export function watchForExpress(prototype: IncomingMessage): void {
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
  const isAtOnce = dispatched === raw && server !== undefined;
  // Not entered: the middleware will, and finds them as Express made them.
  if (scope === undefined || (isAtOnce && settled.has(server))) return;
  // Those that they inherit will be gone.
  bindOwn(raw, requestMethods, never);
  bindOwn(res, responseMethods, never);
  // A promise's callback, as test runners replace queueMicrotask().
  Promise.resolve().then(() => {
    const isGiven = giveToExpress(raw, 'request') && giveToExpress(res, 'response');
    if (isGiven && isAtOnce && inheritsMethods(res)) settled.add(server);
  });
}

/** Whether the application has not put methods over those that we gave to its copy of Express. */
function inheritsMethods(res: object): boolean {
  const { emit, writeHead } = Object.getPrototypeOf(res) as ServerResponse;
  return isScoped(emit) && isScoped(writeHead);
}

function never(): boolean {
  return false;
}
