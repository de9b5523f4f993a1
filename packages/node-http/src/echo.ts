import type { Echo, RequestScope } from '@request-context/core/adapter';
import type { RawResponse } from './incoming.ts';

type Headers = Record<string, unknown>;

const exposeHeaders = 'Access-Control-Expose-Headers';

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
  if (res.getHeader(echo.key) !== requestId) res.setHeader(echo.header, requestId);
  if (echo.exposeHeader) {
    res.setHeader(exposeHeaders, withToken(res.getHeader(exposeHeaders), echo.header));
  }
}

/**
 * The same for a head that is written with more than a status: frameworks write past what was set in
 * hooks (Fastify's `reply.hijack()`).
 *
 * @param given - What `writeHead` was given after the status; changed where it says otherwise.
 */
export function settleGivenHead(
  res: RawResponse,
  scope: RequestScope,
  echo: Echo,
  given: unknown[],
): void {
  // writeHead(status, headers) or writeHead(status, reason, headers)
  const at = typeof given[0] === 'string' || given[1] != null ? 1 : 0;
  if (given[at] != null) {
    // Written twice is the caller's mistake, and Node's to complain about.
    if (res.headersSent) return;
    const headers = settleGiven(res, echo, given[at]);
    // A list that is not one is Node's to complain about.
    if (headers === undefined) return;
    given[at] = headers;
  }
  settleHead(res, scope, echo);
}

/** The headers that writeHead was given, without those that are set on the response instead. */
function settleGiven(
  res: RawResponse,
  { header, exposeHeader }: Echo,
  given: unknown,
): Headers | undefined {
  const headers = Array.isArray(given) ? fromList(given) : (given as Headers);
  if (headers === undefined) return undefined;
  const taken = keysOf(headers, header);
  if (exposeHeader) {
    const exposed = keysOf(headers, exposeHeaders);
    const last = exposed.at(-1);
    if (last !== undefined) res.setHeader(exposeHeaders, headers[last] as string);
    taken.push(...exposed);
  }
  if (taken.length === 0) return headers;
  const kept = { ...headers };
  for (const key of taken) delete kept[key];
  return kept;
}

/**
 * The headers of a flat list or a list of pairs. What stands there several times becomes an array:
 * of lists, Node 20 keeps the last alone as soon as another header was set before.
 */
function fromList(list: readonly unknown[]): Headers | undefined {
  const flat = Array.isArray(list[0]) ? list.flat() : list;
  if (flat.length % 2 !== 0) return undefined;
  const headers: Headers = {};
  for (let index = 0; index < flat.length; index += 2) {
    const name = String(flat[index]);
    const value: unknown = flat[index + 1];
    const [before] = keysOf(headers, name);
    if (before === undefined) headers[name] = value;
    else headers[before] = [headers[before], value].flat();
  }
  return headers;
}

/** The keys that name a header, whatever their case. */
function keysOf(headers: Headers, name: string): string[] {
  const keys: string[] = [];
  for (const key of Object.keys(headers)) {
    if (key.length === name.length && key.toLowerCase() === name.toLowerCase()) keys.push(key);
  }
  return keys;
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
