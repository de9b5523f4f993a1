import type { Echo, RequestScope } from '@request-context/core/adapter';
import type { RawResponse } from './incoming.ts';

/** The header that says which others scripts of other origins may read. */
export const exposeHeaders = 'Access-Control-Expose-Headers';

/** Makes the response carry the request's id: at once, so that others can see it, and see settleHead(). */
export function echo(res: RawResponse, scope: RequestScope, how: Echo): void {
  try {
    res.setHeader(how.header, scope.requestId);
  } catch {
    // The head has been sent: too late.
    return;
  }
  scope.echo = how;
}

/**
 * Makes sure that the head that is about to be written carries the request's id: handlers remove or
 * replace the header that was set at the start (Koa's `ctx.onerror` removes all of them).
 */
export function settleHead(res: RawResponse, { requestId }: RequestScope, echo: Echo): void {
  // Written twice is the caller's mistake, and Node's to throw.
  if (res.headersSent) return;
  if (res.getHeader(echo.key) !== requestId) res.setHeader(echo.header, requestId);
  if (echo.exposeHeader) {
    res.setHeader(exposeHeaders, withToken(res.getHeader(exposeHeaders), echo.header));
  }
}

/** A list header with `token` in it once; names of headers are the same in any case. */
function withToken(list: unknown, token: string): string {
  const tokens = [list ?? []]
    .flat()
    .flatMap((value) => String(value).split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '');
  const isThere = tokens.some((value) => value.toLowerCase() === token.toLowerCase());
  return (isThere ? tokens : [...tokens, token]).join(', ');
}
