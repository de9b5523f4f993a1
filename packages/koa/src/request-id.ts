import { type RequestScope, wrapMethod } from '@request-context/core/adapter';
import type { RequestIdOptions as NodeOptions, RequestWithId } from '@request-context/node-http';
import { createEntrance, replacePage } from '@request-context/node-http/adapter';
import type Koa from 'koa';
import type { Context, Middleware, Next } from 'koa';

/** Options of {@link requestId}; their functions are given Koa's `ctx`. */
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
 * Gives every request an id: taken from `X-Request-ID` where it is fit to trust, made otherwise,
 * readable anywhere by `getRequestId()`, as `ctx.state.requestId` and `ctx.req.id`, and on the
 * response, that of `ctx.onerror` included. For Koa 2 and 3.
 *
 * ## Order matters
 *
 * Mount it first: what runs before it has no id. To cover that too, see `attach`.
 *
 * ## Errors
 *
 * What the options' functions throw, and an id refused by `onInvalid: 'reject'`, is thrown, as by
 * any middleware. `app.on('error')` listeners run in the request's context. A refused id that nobody
 * catches is answered with problem details (RFC 9457), unless the application has a `ctx.onerror` of
 * its own.
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
  const entered = new WeakSet<Koa>();

  function requestId(ctx: Context, next: Next): Promise<unknown> {
    const scope = entrance.enter(ctx.req, ctx.res, ctx);
    const { isCurrent } = scope;
    ctx.state.requestId = scope.requestId;
    const error = scope.takeError();
    if (error !== undefined) replaceText(ctx, error);
    const done = error === undefined ? scope.run(next) : Promise.reject(error);
    if (isCurrent) return done;
    if (isFirst(ctx.app)) enterEarlier(ctx.app);
    return keepInside(ctx, done, scope);
  }

  function isFirst(app: Koa): boolean {
    return app.middleware[0] === requestId;
  }

  /**
   * Where this is the application's first middleware, enters before Koa calls it, from the next request
   * on: then all that Koa does for a request is inside, and need not be kept there one by one.
   */
  function enterEarlier(app: Koa): void {
    if (entered.has(app)) return;
    entered.add(app);
    wrapMethod(app, 'handleRequest', (handleRequest) => {
      return function (ctx: Context, ...args: unknown[]): unknown {
        // Another one may have been put before it since.
        if (!isFirst(this)) return handleRequest.call(this, ctx, ...args);
        const scope = entrance.enter(ctx.req, ctx.res, ctx);
        return scope.run(Reflect.apply, handleRequest, this, [ctx, ...args]);
      };
    });
  }

  return requestId;
}

/** Puts problem details in place of the text by which Koa's own `ctx.onerror` answers a refused id. */
function replaceText(ctx: Context, error: Error): void {
  // An application that sets its own, as koa-onerror does, decides what the answer is.
  if (!hasKoasOnerror(ctx)) return;
  const { onerror } = ctx;
  ctx.onerror = (thrown) => {
    if (thrown === error) replacePage(ctx.res, error, (body) => body === error.message);
    Reflect.apply(onerror, ctx, [thrown]);
  };
}

function hasKoasOnerror({ app, onerror }: Context): boolean {
  return onerror === Object.getPrototypeOf(app.context).onerror;
}

/**
 * Keeps in the scope what Koa does when all middleware is done: it sends `ctx.body` by `then` of the
 * first middleware's promise, and handles errors by `ctx.onerror`, from outside.
 */
function keepInside<T>(ctx: Context, done: Promise<T>, scope: RequestScope): Promise<T> {
  const isKoas = hasKoasOnerror(ctx);
  const { onerror } = ctx;
  const { then } = done;
  // Not assigned where they are written: V8 makes such functions in its old generation, as those of
  // prototypes are, and all that they refer to is moved there with them, the request first of all.
  const onerrorInside: typeof onerror = (error) => {
    // Called at the end of each response, which Koa's own takes no notice of.
    if (error != null || !isKoas) scope.run(Reflect.apply, onerror, ctx, [error]);
  };
  const thenInside = (...args: unknown[]) => scope.run(Reflect.apply, then, done, args);
  ctx.onerror = onerrorInside;
  // biome-ignore lint/suspicious/noThenProperty: a promise is what has one
  done.then = thenInside as typeof then;
  return done;
}
