import { newRequestId, type Snapshot } from '@request-context/core';
import { listenTo } from './listen-to.ts';
import type { Outbound } from './outbound.ts';
import { builtNames, headerValues, isNamed, setBuilt } from './undici-headers.ts';
import {
  isNamedByCall,
  originOf,
  setHeaders,
  targetOf,
  type UndiciRequest,
} from './undici-request.ts';

/** A call whose requests are to carry the headers of a scope. */
export interface MarkedCall {
  readonly outbound: Outbound;
  /** Runs a function in the scope. */
  readonly run: Snapshot;
  /** The origin that the call names, if it names one. */
  readonly asked: string | undefined;
  /**
   * What all hops of a call have in common, where a pool may make the connections: it has one origin. Undefined where
   * each hop is connected to its own.
   */
  readonly hops: object | undefined;
}

/** No call from outside of the process can know the name. */
const prefix = `x-request-context-${newRequestId()}-`;
/** The calls by their marks. What holds a call is the handler of its requests. */
const calls = new Map<string, WeakRef<MarkedCall>>();
const forgotten = new FinalizationRegistry<string>((name) => calls.delete(name));
/** The origin of the first hop. */
const firstOrigins = new WeakMap<object, string | undefined>();
let count = 0;

/**
 * Marks a call. Returns the name of a header to send with it: the one thing that all of undici hands down, to retries and
 * redirects too. When undici publishes a request, before it is written, the mark is replaced by what the scope sends to
 * the request's target. If it were sent after all, it would reveal nothing.
 */
export function markCall(call: MarkedCall): string {
  // Once, and for good.
  if (count === 0) listenTo('undici:request:create', unmark);
  count += 1;
  const name = `${prefix}${count}`;
  calls.set(name, new WeakRef(call));
  forgotten.register(call, name);
  return name;
}

function unmark(message: unknown): void {
  const { request } = message as { request: UndiciRequest };
  if (request.headers === '') unmarkLater(request);
  for (const name of builtNames(request.headers).filter((name) => name.startsWith(prefix))) {
    request.headers = setBuilt(request.headers, name);
    const call = calls.get(name)?.deref();
    if (call === undefined || request.method === 'CONNECT') continue;
    call.run(setHeaders, request, call.outbound, markedTarget(request, call));
  }
}

/**
 * Does the same for HTTP/2 of undici 5, which publishes a request before it gives it headers: an empty object, and then one
 * header after the other, the mark last.
 */
function unmarkLater(request: UndiciRequest): void {
  const define = (descriptor: PropertyDescriptor): void => {
    Object.defineProperty(request, 'headers', {
      configurable: true,
      enumerable: true,
      ...descriptor,
    });
  };
  const set = (value: unknown): void => {
    const isText = typeof value !== 'object' || value === null;
    define({ writable: true, value: isText ? value : unmarking(request, value) });
  };
  define({ get: () => '', set });
}

function unmarking(request: UndiciRequest, headers: object): object {
  return new Proxy(headers, {
    set(to, key, value) {
      if (typeof key !== 'string' || !key.startsWith(prefix)) return Reflect.set(to, key, value);
      const call = calls.get(key)?.deref();
      if (call === undefined || request.method === 'CONNECT') return true;
      const read = (name: string) => headerValues(to, name);
      const target = markedTarget(request, call);
      for (const [name, value] of call.run(call.outbound.headersFor, target, read)) {
        for (const own of Object.keys(to)) if (isNamed(own, name)) Reflect.deleteProperty(to, own);
        Reflect.set(to, name, value);
      }
      return true;
    },
  });
}

function markedTarget(
  request: UndiciRequest,
  { outbound, asked, hops }: MarkedCall,
): URL | undefined {
  const { path, host } = request;
  const { isPathNeeded } = outbound;
  const connection = originOf(request.origin);
  if (!path.startsWith('/')) return targetOf({ path, host, asked, connection, isPathNeeded });
  if (hops !== undefined && isNamedByCall(request)) {
    if (!firstOrigins.has(hops)) firstOrigins.set(hops, connection);
    if (firstOrigins.get(hops) !== connection) return undefined;
  }
  return targetOf({ path, host, asked: undefined, connection, isPathNeeded });
}
