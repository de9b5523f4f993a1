import { type RequestScope, wrapMethod } from '@request-context/core/adapter';
import type { RequestIdOptions as NodeOptions, RequestWithId } from '@request-context/node-http';
import { createRequestScopes, replaceErrorPage } from '@request-context/node-http/adapter';
import type Koa from 'koa';
import type { Context, Middleware, Next } from 'koa';

/** Options of {@link requestId}. Their functions are called with Koa's `ctx`. */
export type RequestIdOptions = NodeOptions<Context>;

declare module 'koa' {
  interface DefaultState {
    /** The request's id. */
    requestId: string;
  }
  interface DefaultContext {
    /** Node's request. */
    req: RequestWithId;
  }
}

/**
 * Returns a middleware that gives every request an id: the one in `X-Request-ID` if it is trusted and valid, and
 * a fresh one otherwise. Read it anywhere by `getRequestId()`, as `ctx.state.requestId` and `ctx.req.id`, and on
 * the response, including that of `ctx.onerror`. For Koa 2 and 3.
 *
 * ## Order matters
 *
 * Mount it first: code that runs before it has no id. To cover that code too, see `attach`.
 *
 * ## Errors
 *
 * If a function among the options throws, or `onInvalid: 'reject'` rejects an id, the middleware throws the
 * error. `app.on('error')` listeners run in the request's context. If no middleware catches the error of a
 * rejected id, the response is problem details (RFC 9457), unless the application replaces `ctx.onerror`.
 *
 * @example
 * app.use(requestId());
 * @example
 * app.use(requestId({ inbound: ['traceparent'], values: (ctx) => ({ tenant: ctx.hostname }) }));
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function requestId(options?: RequestIdOptions): Middleware {
  const scopes = createRequestScopes(options);
  const wrapped = new WeakSet<Koa>();

  function requestId(ctx: Context, next: Next): Promise<unknown> {
    const scope = scopes.bind(ctx.req, ctx.res, ctx);
    const { isCurrent } = scope;
    ctx.state.requestId = scope.requestId;
    const error = scope.takeError();
    if (error !== undefined) replaceText(ctx, error);
    const done = error === undefined ? scope.run(next) : Promise.reject(error);
    if (isCurrent) return done;
    if (isFirst(ctx.app)) wrapHandleRequest(ctx.app);
    return keepInside(ctx, done, scope);
  }

  function isFirst(app: Koa): boolean {
    return app.middleware[0] === requestId;
  }

  /**
   * Makes Koa handle requests in their scope, from the next one on, where this is the application's first
   * middleware. Then all that Koa does for a request is inside, without {@link keepInside}.
   */
  function wrapHandleRequest(app: Koa): void {
    if (wrapped.has(app)) return;
    wrapped.add(app);
    wrapMethod(app, 'handleRequest', (handleRequest) => {
      return function (ctx: Context, ...args: unknown[]): unknown {
        // Another middleware may come first by now.
        if (!isFirst(this)) return handleRequest.call(this, ctx, ...args);
        const scope = scopes.bind(ctx.req, ctx.res, ctx);
        return scope.run(Reflect.apply, handleRequest, this, [ctx, ...args]);
      };
    });
  }

  return requestId;
}

/** Makes Koa's own `ctx.onerror` respond to a rejected id with problem details instead of text. */
function replaceText(ctx: Context, error: Error): void {
  // An application that replaces it, as koa-onerror does, decides on the response.
  if (!hasDefaultOnerror(ctx)) return;
  const { onerror } = ctx;
  ctx.onerror = (thrown) => {
    if (thrown === error) replaceErrorPage(ctx.res, error, (body) => body === error.message);
    Reflect.apply(onerror, ctx, [thrown]);
  };
}

function hasDefaultOnerror({ app, onerror }: Context): boolean {
  return onerror === Object.getPrototypeOf(app.context).onerror;
}

/**
 * Runs in the scope what Koa does outside when all middleware is done: it sends `ctx.body` by `then` of the first
 * middleware's promise, and handles errors by `ctx.onerror`.
 */
function keepInside<T>(ctx: Context, done: Promise<T>, scope: RequestScope): Promise<T> {
  const isDefault = hasDefaultOnerror(ctx);
  const { onerror } = ctx;
  const { then } = done;
  // V8 allocates a function in the old generation, as if it were a prototype's method, if the expression is assigned
  // to a property. All that it refers to follows, above all the request. So assign these from variables.
  const onerrorInside: typeof onerror = (error) => {
    // Koa calls it at the end of each response, without an error. Koa's own `ctx.onerror` ignores that call.
    if (error != null || !isDefault) scope.run(Reflect.apply, onerror, ctx, [error]);
  };
  const thenInside = (...args: unknown[]) => scope.run(Reflect.apply, then, done, args);
  ctx.onerror = onerrorInside;
  // biome-ignore lint/suspicious/noThenProperty: it is a promise's
  done.then = thenInside as typeof then;
  return done;
}
