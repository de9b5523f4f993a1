import type { RawResponse } from './incoming.ts';
import { replaceMethod } from './replace-method.ts';

type Headers = Record<string, unknown>;

const exposeHeaders = 'Access-Control-Expose-Headers';

/** How a response tells the id. */
export interface EchoOptions {
  /** The header's name. */
  readonly header: string;
  /** Whether scripts of other origins may read it. */
  readonly exposeHeader: boolean;
}

/**
 * Makes the response carry the id: the header is set at once, so that others can see it, and made
 * sure of when the head is written, since handlers remove or replace it (Koa's `ctx.onerror` removes
 * all headers) and frameworks write past what was set in hooks (Fastify's `reply.hijack()`).
 */
export function echo(res: RawResponse, id: string, options: EchoOptions): void {
  if (res.headersSent) return;
  res.setHeader(options.header, id);
  replaceMethod(res, 'writeHead', (writeHead) => {
    return function (...args: unknown[]): unknown {
      // Written twice is the caller's mistake, and Node's to complain about.
      if (!this.headersSent) {
        // writeHead(status, headers) or writeHead(status, reason, headers)
        const at = typeof args[1] === 'string' || args[2] != null ? 2 : 1;
        args[at] = settleHeaders(this, id, options, args[at]);
      }
      return Reflect.apply(writeHead, this, args);
    };
  });
}

/** Sets on the response what must be in its head; gives the other headers that writeHead was given. */
function settleHeaders(
  res: RawResponse,
  id: string,
  { header, exposeHeader }: EchoOptions,
  given: unknown,
): unknown {
  const headers = Array.isArray(given) ? fromList(given) : { ...(given as Headers | undefined) };
  // A list that is not one is Node's to complain about.
  if (headers === undefined) return given;
  take(headers, header);
  res.setHeader(header, id);
  if (exposeHeader) {
    const exposed = take(headers, exposeHeaders) ?? res.getHeader(exposeHeaders);
    res.setHeader(exposeHeaders, withToken(exposed, header));
  }
  return headers;
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
    const before = take(headers, name);
    const value: unknown = flat[index + 1];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}

/** Takes a header out, whatever the case of its name; gives its value. */
function take(headers: Headers, name: string): unknown {
  const wanted = name.toLowerCase();
  let value: unknown;
  for (const key of Object.keys(headers)) {
    if (key.length === wanted.length && key.toLowerCase() === wanted) {
      value = headers[key];
      delete headers[key];
    }
  }
  return value;
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
