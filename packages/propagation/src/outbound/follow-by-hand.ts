import { isHostOf } from './is-host-of.ts';
import type { Outbound } from './outbound.ts';

/** The `fetch` to call. */
export type Fetch = typeof globalThis.fetch;
export type FetchInput = Parameters<Fetch>[0];
/** What `fetch` takes, and the path of a socket, which Bun's takes too. */
export type FetchInit = RequestInit & { readonly unix?: unknown };

/** A call of `fetch`, read as the Fetch standard reads it. */
export interface FetchCall {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly redirect: string;
  /** What was given, if it is a `Request`. */
  readonly request: Request | undefined;
}

/** The most redirects that are followed. Source: Fetch standard, "HTTP-redirect fetch". */
const maxRedirects = 20;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
/** Headers that describe a body. Source: Fetch standard, "request-body-header name". */
const bodyHeaders = [
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-type',
];
/** Headers that are for one origin only. The standard removes the first; undici the others too. */
const originHeaders = ['authorization', 'proxy-authorization', 'cookie', 'host'];

/** Members of what `fetch` takes. Source: Fetch standard, "RequestInit". */
const members = [
  'method',
  'body',
  'referrer',
  'referrerPolicy',
  'mode',
  'credentials',
  'cache',
  'redirect',
  'integrity',
  'keepalive',
  'signal',
  'duplex',
] as const;

/** Returns a copy of what `fetch` takes, which may inherit its members: it may be a `Request`. */
export function copyInit(init: FetchInit = {}): FetchInit {
  const copy: Record<string, unknown> = { ...init };
  for (const name of members) {
    if (name in copy || !(name in init)) continue;
    const value: unknown = Reflect.get(init, name);
    if (value !== undefined) copy[name] = value;
  }
  return copy;
}

/** Returns what a call asks for; undefined where it is for `fetch` to reject. */
export function readFetchCall(input: FetchInput, init: FetchInit = {}): FetchCall | undefined {
  try {
    const request = isRequest(input) ? input : undefined;
    return {
      url: new URL(request?.url ?? String(input)),
      method: methodOf(String(init.method ?? request?.method ?? 'GET')),
      headers: new Headers(init.headers ?? request?.headers),
      redirect: init.redirect ?? request?.redirect ?? 'follow',
      request,
    };
  } catch {
    return undefined;
  }
}

/** Returns a method as it is sent. Source: Fetch standard, "normalize". */
function methodOf(method: string): string {
  return /^(?:delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method;
}

/** Returns whether a call is given a `Request`. */
export function isRequest(input: FetchInput): input is Request {
  return typeof input === 'object' && input !== null && 'url' in input && 'headers' in input;
}

/**
 * Calls a `fetch` that has no dispatcher, with the headers of the current scope. If there are some for the first URL,
 * redirects are followed here, as the Fetch standard says: it would copy the headers along to other origins. They are
 * decided for each URL.
 *
 * A body that is a stream cannot be sent a second time, as in any `fetch`. The body of a `Request` is kept in memory until
 * the response has come.
 */
export function followByHand(
  outbound: Outbound,
  fetch: Fetch,
  input: FetchInput,
  init: FetchInit = {},
): Promise<Response> {
  const call = readFetchCall(input, init);
  const headers = call === undefined ? undefined : headersFor(outbound, call, init);
  if (call === undefined || headers === undefined || call.request?.bodyUsed === true) {
    // An iterator has no headers a second time.
    if (call === undefined || !isIterator(init.headers)) return fetch(input, init);
    return fetch(input, { ...copyInit(init), headers: call.headers });
  }
  const copy = copyInit(init);
  if (call.redirect !== 'follow') return fetch(input, { ...copy, headers });
  return follow(outbound, fetch, input, copy, call, headers);
}

/** Returns the headers of a request with those that the current scope sends; undefined where it sends none. */
function headersFor(
  outbound: Outbound,
  { url, headers }: Pick<FetchCall, 'url' | 'headers'>,
  init: FetchInit,
  first: URL = url,
): Headers | undefined {
  const isCertain =
    (init.unix ?? undefined) === undefined &&
    isHostOf(headers.get('host'), url) &&
    // A pool connects to one origin, whatever it is asked for.
    ((init.dispatcher ?? undefined) === undefined || url.origin === first.origin);
  const added = outbound.headersFor(isCertain ? url : undefined, (name) => {
    const value = headers.get(name);
    return value === null || value === '' ? [] : [value];
  });
  if (added.length === 0) return undefined;
  const all = new Headers(headers);
  for (const [name, value] of added) all.set(name, value);
  return all;
}

async function follow(
  outbound: Outbound,
  fetch: Fetch,
  input: FetchInput,
  init: FetchInit,
  call: FetchCall,
  headers: Headers,
): Promise<Response> {
  const spare =
    (init.body ?? null) === null && call.request?.body ? call.request.clone() : undefined;
  let { url, method } = call;
  const own = new Headers(call.headers);
  let body: RequestInit['body'] = init.body ?? null;
  let hasBody = spare !== undefined || body !== null;
  try {
    let response = await fetch(input, { ...init, headers, redirect: 'manual' });
    for (let count = 0; redirectStatuses.has(response.status); count += 1) {
      const location = response.headers.get('location');
      if (location === null) break;
      void response.body?.cancel().catch(() => {});
      if (count === maxRedirects) throw failure('redirect count exceeded');
      const next = redirectTarget(location, url);
      const { status } = response;
      if (status !== 303 && hasBody && isStream(body)) throw failure('body cannot be sent again');
      const isPost = method === 'POST' && (status === 301 || status === 302);
      if (isPost || (status === 303 && method !== 'GET' && method !== 'HEAD')) {
        method = 'GET';
        hasBody = false;
        for (const name of bodyHeaders) own.delete(name);
      }
      if (next.origin !== url.origin) for (const name of originHeaders) own.delete(name);
      if (hasBody && body === null && spare !== undefined) body = await spare.arrayBuffer();
      url = next;
      const { body: _, ...rest } = init as FetchInit & { duplex?: unknown };
      const signal = init.signal ?? call.request?.signal;
      response = await fetch(url.href, {
        ...rest,
        method,
        headers: headersFor(outbound, { url, headers: own }, init, call.url) ?? own,
        redirect: 'manual',
        ...(signal === undefined ? {} : { signal }),
        ...(hasBody ? { body } : {}),
      });
      if (!redirectStatuses.has(response.status)) return asRedirected(response);
    }
    return response;
  } finally {
    if (spare?.bodyUsed === false) void spare.body?.cancel().catch(() => {});
  }
}

/** Returns the URL of a redirect. */
function redirectTarget(location: string, url: URL): URL {
  if (!URL.canParse(location, url.href)) throw failure('invalid redirect URL');
  const target = new URL(location, url);
  if (!/^https?:$/.test(target.protocol)) throw failure('URL scheme must be http or https');
  if ((target.username !== '' || target.password !== '') && target.origin !== url.origin) {
    throw failure('redirect to another origin with credentials');
  }
  return target;
}

/** Returns the error with which `fetch` rejects. */
function failure(reason: string): TypeError {
  return new TypeError('fetch failed', { cause: new Error(reason) });
}

function isIterator(headers: unknown): boolean {
  return typeof headers === 'object' && headers !== null && 'next' in headers;
}

function isStream(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  return 'getReader' in body || Symbol.asyncIterator in body;
}

/** Returns a response that says that it was redirected. Its URL is that of the last request. */
function asRedirected(response: Response): Response {
  const clone = response.clone.bind(response);
  return Object.defineProperties(response, {
    redirected: { value: true, configurable: true },
    clone: { value: () => asRedirected(clone()), configurable: true, writable: true },
  });
}
