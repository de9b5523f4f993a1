import type { RequestScope } from '@request-context/core/adapter';
import type { Echo } from './node-request-scope.ts';
import type { RawResponse } from './raw-message.ts';

/** The header that lists the headers that scripts of other origins may read. */
export const exposeHeaders = 'Access-Control-Expose-Headers';

/**
 * Makes sure that the head that is about to be written carries the request's id: handlers remove or replace the
 * header that was set at the start (Koa's `ctx.onerror` removes all headers).
 */
export function ensureEcho(res: RawResponse, { requestId }: RequestScope, echo: Echo): void {
  // Leave a second head for Node to reject.
  if (res.headersSent) return;
  if (res.getHeader(echo.key) !== requestId) res.setHeader(echo.header, requestId);
  if (echo.exposeHeader) {
    res.setHeader(exposeHeaders, withToken(res.getHeader(exposeHeaders), echo.header));
  }
}

/** Returns a list header with `token` in it once, in any case. */
function withToken(list: unknown, token: string): string {
  const tokens = [list ?? []]
    .flat()
    .flatMap((value) => String(value).split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '');
  const isThere = tokens.some((value) => value.toLowerCase() === token.toLowerCase());
  return (isThere ? tokens : [...tokens, token]).join(', ');
}
