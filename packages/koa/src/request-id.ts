import { createEntrance, type RequestIdOptions as NodeOptions } from '@request-context/node-http';
import type { Context, Middleware } from 'koa';

/** Options of {@link requestId}; their functions are given Koa's `ctx`. */
export type RequestIdOptions = NodeOptions<Context>;

declare module 'koa' {
  interface DefaultState {
    /** The request's id. */
    requestId: string;
  }
}

/**
 * Gives every request an id: taken from `X-Request-ID` where it is fit to trust, made otherwise,
 * readable anywhere by `getRequestId()`, as `ctx.state.requestId` and `ctx.req.id`, and on the
 * response, that of `ctx.onerror` included. For Koa 2 and 3.
 *
 * ## Order matters
 *
 * Mount it first: what runs before it has no id. To cover that too, see `attach` of
 * `@request-context/node-http`.
 *
 * ## Errors
 *
 * What the options' functions throw, and an id refused by `onInvalid: 'reject'`, is thrown, as by
 * any middleware. `app.on('error')` listeners run in the request's context.
 *
 * @example
 * app.use(requestId());
 * @example
 * app.use(requestId({ inbound: ['traceparent'], values: (ctx) => ({ tenant: ctx.hostname }) }));
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has a value that it cannot have
 */
export function requestId(options?: RequestIdOptions): Middleware {
  const entrance = createEntrance(options);
  return async function requestId(ctx, next) {
    const scope = entrance.enter(ctx.req, ctx.res, ctx);
    ctx.state.requestId = scope.requestId;
    // Koa calls ctx.onerror, and that the 'error' listeners of the app, after all middleware is done.
    const { onerror } = ctx;
    Object.defineProperty(ctx, 'onerror', {
      configurable: true,
      enumerable: false,
      writable: true,
      value: (error: Error) => scope.run(() => onerror.call(ctx, error)),
    });
    const error = scope.takeError();
    if (error !== undefined) throw error;
    return scope.run(next);
  };
}
