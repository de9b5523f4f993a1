import { context } from '@request-context/core';
import { isObject } from './internal/is-object.ts';
import { markCall } from './outbound/mark-call.ts';
import { createOutbound, type OutboundOptions } from './outbound/outbound.ts';
import { scopeHandler } from './outbound/scope-handler.ts';
import { withHeader } from './outbound/undici-headers.ts';
import { originOf } from './outbound/undici-request.ts';

export type { Destinations } from './outbound/destinations.ts';
export type { OutboundOptions } from './outbound/outbound.ts';

/** Dispatches a request. The types of its parameters differ between undici 5 to 8. */
type Dispatch = (options: never, handler: never) => boolean;

/** An interceptor for `compose` of undici 6 to 8, and for `interceptors` of undici 5 and 6. */
export type UndiciInterceptor = <D extends Dispatch>(dispatch: D) => D;

/** What all hops of a redirect have in common, by their handlers. */
const hopsOf = new WeakMap<object, object>();
/** The same while a handler's callback runs: a redirect dispatches its next hop there, maybe by another handler. */
let currentHops: object | undefined;

/**
 * Returns an interceptor of undici that makes calls carry the current id to the destinations that `to` names.
 *
 * Its place among other interceptors does not matter: where another one retries or follows redirects, each request is
 * decided for its own target, and has the id of who asked first.
 *
 * @example
 * const agent = new Agent().compose(undiciInterceptor({ to: ['https://api.example.com'] }));
 * @example
 * const pool = new Pool('https://api.example.com').compose(
 *   undiciInterceptor({ to: ['https://api.example.com'], keys: ['tenant'] }),
 * );
 *
 * @throws {InvalidOptionError} naming the option that is missing, unknown or invalid
 */
export function undiciInterceptor(options: OutboundOptions): UndiciInterceptor {
  const { outbound } = createOutbound(options);
  return <D extends Dispatch>(dispatch: D): D => {
    const next = dispatch as unknown as (options: object, handler: object) => boolean;
    function intercept(opts: { origin?: unknown; headers?: unknown }, handler: object): boolean {
      if (!isObject(opts) || !isObject(handler)) {
        return next(opts, handler);
      }
      const run = context.snapshot();
      const hops = hopsOf.get(handler) ?? currentHops ?? {};
      hopsOf.set(handler, hops);
      const call = { outbound, run, asked: originOf(opts.origin), hops };
      // A retry above dispatches from the handler's callbacks, outside of a context too.
      const scoped = scopeHandler(handler, (fn, ...args) => {
        const outer = currentHops;
        currentHops = call.hops;
        try {
          return run(fn, ...args);
        } finally {
          currentHops = outer;
        }
      });
      if (!context.active) return next(opts, scoped);
      return next({ ...opts, headers: withHeader(opts.headers, markCall(call), '1') }, scoped);
    }
    return intercept as unknown as D;
  };
}
