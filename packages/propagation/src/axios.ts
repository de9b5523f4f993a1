import { context, type Snapshot } from '@request-context/core';
import type { Read } from './carrier/carried-values.ts';
import { propagatingFetch } from './fetch.ts';
import { isSameName } from './internal/is-same-name.ts';
import { listOf } from './internal/list-of.ts';
import { parseUrl } from './internal/parse-url.ts';
import { isHostOf } from './outbound/is-host-of.ts';
import { createOutbound, type Outbound, type OutboundOptions } from './outbound/outbound.ts';

export type { Destinations } from './outbound/destinations.ts';
export type { OutboundOptions } from './outbound/outbound.ts';

/** The part of axios's `AxiosHeaders` that the interceptor uses. */
interface Headers {
  get(name: string): unknown;
  set(name: string, value: never, rewrite?: boolean): unknown;
  delete(name: string): unknown;
}

/** The part of axios's `InternalAxiosRequestConfig` that the interceptor uses. */
export interface AxiosConfig {
  headers: Headers;
}

/** What the adapters get of it: all that decides where a request goes. Users may have put anything there. */
interface DispatchedConfig extends AxiosConfig {
  url?: unknown;
  baseURL?: unknown;
  allowAbsoluteUrls?: unknown;
  adapter?: unknown;
  transport?: unknown;
  socketPath?: unknown;
  httpAgent?: unknown;
  httpsAgent?: unknown;
  fetchOptions?: { redirect?: unknown } | undefined;
  /** What the adapter `fetch` calls, from axios 1.12 on. Earlier versions ignore it. */
  env?: { readonly fetch?: unknown } | undefined;
  transformRequest?: unknown;
  beforeRedirect?: unknown;
}

/** The options of the next request, as follow-redirects hands them to `beforeRedirect`. */
interface NextHop {
  readonly href?: unknown;
  readonly protocol?: unknown;
  readonly hostname?: unknown;
  readonly port?: unknown;
  readonly path?: unknown;
  readonly socketPath?: unknown;
  readonly agents?: { readonly http?: unknown; readonly https?: unknown } | undefined;
  headers: Record<string, unknown>;
}

/** A header that was set, and what had been there. */
interface Sent {
  readonly name: string;
  readonly value: string;
  readonly before: unknown;
}

/** What one call of `beforeRedirect` knows of the request. */
interface Hop {
  readonly owner: object;
  /** The user's own function, or that of another interceptor. */
  readonly next: unknown;
  sent: readonly Sent[];
}

type BeforeRedirect = (options: NextHop, ...rest: unknown[]) => void;
type Transform = (this: DispatchedConfig, data: unknown, headers: unknown) => unknown;

const defaultAdapters = ['xhr', 'http', 'fetch'];
/** What axios takes for an absolute URL. It puts the `baseURL` before all others. */
const absoluteUrl = /^(?:[a-z][a-z\d+\-.]*:)?\/\//i;

/** The state of the functions that interceptors put into a request's config. A retry brings them along. */
const hops = new WeakMap<object, Hop>();
const transforms = new WeakMap<object, object>();

/**
 * Returns an interceptor that makes the requests of an axios instance carry the current id to the destinations that `to`
 * names. Redirects are decided hop by hop: another origin gets nothing unless `to` names it too.
 *
 * It decides when the request is dispatched, after all other interceptors, by a function in `transformRequest`.
 *
 * @example
 * axios.interceptors.request.use(axiosInterceptor({ to: ['https://api.example.com'] }));
 * @example
 * const api = axios.create({ baseURL: 'http://orders.internal:8080' });
 * api.interceptors.request.use(axiosInterceptor({ to: ['*.internal:8080'], keys: ['tenant'] }));
 *
 * @throws {InvalidOptionError} naming the option that is missing, unknown or invalid
 */
export function axiosInterceptor(
  options: OutboundOptions,
): <Config extends AxiosConfig>(config: Config) => Config {
  const { outbound } = createOutbound(options);
  const withFetch = propagateByFetch(options);
  return (config) => {
    const inScope = context.snapshot();
    const transform: Transform = function (data) {
      inScope(() => dispatch(this, outbound, inScope));
      if (adapterOf(this) === 'fetch' && !isWithoutRedirects(this)) withFetch(this);
      return data;
    };
    transforms.set(transform, outbound);
    const dispatched: DispatchedConfig = config;
    // A retry brings the function of the attempt before.
    const others = listOf(dispatched.transformRequest).filter(
      (other) => !isKey(other) || transforms.get(other) !== outbound,
    );
    dispatched.transformRequest = [...others, transform];
    return config;
  };
}

/** Sets the headers of a request that is about to be sent, and decides again at each redirect. */
function dispatch(config: DispatchedConfig, outbound: Outbound, inScope: Snapshot): void {
  const { headers } = config;
  const apply = (name: string, value: unknown) => {
    if (value === undefined) headers.delete(name);
    else headers.set(name, value as never, true);
  };
  undo(config, outbound, (name) => headers.get(name), apply);
  const sent: Sent[] = [];
  // The adapter `fetch` follows redirects itself: there, the `fetch` that it calls decides.
  const isDecidedLater = adapterOf(config) === 'fetch' && !isWithoutRedirects(config);
  // `null` and `false` count: by them, the caller says that the header is not sent.
  const read: Read = (name) => listOf(headers.get(name));
  for (const [name, value] of isDecidedLater ? [] : outbound.headersFor(targetOf(config), read)) {
    sent.push({ name, value, before: headers.get(name) });
    apply(name, value);
  }
  const hop: Hop = { owner: outbound, next: config.beforeRedirect, sent };
  const beforeRedirect: BeforeRedirect = (...args) => {
    if (typeof hop.next === 'function') hop.next(...args);
    inScope(() => decideHop(args[0], hop, outbound));
  };
  hops.set(beforeRedirect, hop);
  config.beforeRedirect = beforeRedirect;
}

/** Returns a function that gives a request a `fetch` which decides for each hop of a redirect. */
function propagateByFetch(options: OutboundOptions): (config: DispatchedConfig) => void {
  // One for each: axios keeps an adapter for each `fetch` that it sees.
  const fetches = new Map<unknown, typeof fetch>();
  const ours = new WeakSet<object>();
  const known = { ...options };
  return (config) => {
    const { env } = config;
    const given = env?.fetch ?? undefined;
    // A retry brings ours along.
    if (isKey(given) && ours.has(given)) return;
    let propagating = fetches.get(given);
    if (propagating === undefined) {
      propagating = propagatingFetch({ ...known, fetch: given as typeof fetch | undefined });
      fetches.set(given, propagating);
      ours.add(propagating);
    }
    config.env = { ...env, fetch: propagating };
  };
}

/** Removes what an earlier attempt of the same request has set. */
function undo(
  config: DispatchedConfig,
  owner: object,
  get: (name: string) => unknown,
  apply: (name: string, value: unknown) => void,
): void {
  const chain: Hop[] = [];
  for (let at = hopOf(config.beforeRedirect); at !== undefined; at = hopOf(at.next)) {
    chain.push(at);
    if (at.owner !== owner) continue;
    for (const { sent } of chain) restore(sent, get, apply);
    config.beforeRedirect = at.next;
    return;
  }
}

function restore(
  sent: readonly Sent[],
  get: (name: string) => unknown,
  apply: (name: string, value: unknown) => void,
): void {
  for (const { name, value, before } of sent) if (get(name) === value) apply(name, before);
}

/** Decides for the next request of a redirect, which has the headers of the one before. */
function decideHop(options: NextHop, hop: Hop, outbound: Outbound): void {
  const { headers } = options;
  const keysOf = (name: string): string[] =>
    Object.keys(headers).filter((key) => isSameName(key, name));
  const read: Read = (name) => keysOf(name).flatMap((key) => listOf(headers[key]));
  const apply = (name: string, value: unknown) => {
    for (const key of keysOf(name)) delete headers[key];
    if (value !== undefined) headers[name] = value;
  };
  restore(hop.sent, (name) => read(name)[0], apply);
  hop.sent = outbound.headersFor(targetOfHop(options), read).map(([name, value]): Sent => {
    const [before] = read(name);
    apply(name, value);
    return { name, value, before };
  });
}

/** Returns the URL that a request is for; undefined where it is not certain, or redirects cannot be decided. */
function targetOf(config: DispatchedConfig): URL | undefined {
  const { url = '', baseURL, allowAbsoluteUrls, transport, socketPath, headers } = config;
  const { httpAgent: http, httpsAgent: https } = config;
  const adapter = adapterOf(config);
  if (socketPath || (adapter === 'http' ? transport : adapter !== 'fetch')) return undefined;
  const text = String(url);
  const isAbsolute = absoluteUrl.test(text);
  if (baseURL && isAbsolute && allowAbsoluteUrls === false) return undefined;
  const target = parseUrl(baseURL && !isAbsolute ? joined(String(baseURL), text) : text);
  if (target === undefined || !isHostOf(headers.get('host'), target)) return undefined;
  return adapter === 'fetch' || isKeptBy({ http, https }, target) ? target : undefined;
}

function joined(baseUrl: string, url: string): string {
  if (url === '') return baseUrl;
  let end = baseUrl.length;
  // Not by a regular expression: with many slashes, it would take quadratic time.
  while (baseUrl[end - 1] === '/') end -= 1;
  return `${baseUrl.slice(0, end)}/${url.replace(/^\/+/, '')}`;
}

/** Returns the name of the adapter that axios chooses; undefined for one of the user's own. */
function adapterOf({ adapter = defaultAdapters }: DispatchedConfig): string | undefined {
  for (const choice of listOf(adapter)) {
    // axios.getAdapter() returns the adapter itself.
    if (typeof choice === 'function') return (choice as { adapterName?: string }).adapterName;
    const name = String(choice).toLowerCase();
    if (name !== 'xhr' || typeof Reflect.get(globalThis, 'XMLHttpRequest') !== 'undefined') {
      return name;
    }
  }
  return undefined;
}

/** Returns whether fetch follows no redirects. It would take the headers along to any origin. */
function isWithoutRedirects({ fetchOptions }: DispatchedConfig): boolean {
  return fetchOptions?.redirect === 'manual' || fetchOptions?.redirect === 'error';
}

/** Returns the URL that a redirect leads to; undefined where it is not certain. */
function targetOfHop(options: NextHop): URL | undefined {
  const { href, protocol, hostname, port, path, socketPath, agents } = options;
  const target = typeof href === 'string' ? parseUrl(href) : undefined;
  if (target === undefined || socketPath || !isKeptBy(agents, target)) return undefined;
  // A proxy without a tunnel gets the whole URL as the path.
  const isAbsolute = typeof path === 'string' && /^https?:\/\//i.test(path);
  const host = String(hostname);
  const actual = parseUrl(
    isAbsolute
      ? path
      : `${protocol}//${host.includes(':') ? `[${host}]` : host}${port ? `:${port}` : ''}`,
  );
  // The user's own function may have changed where the request goes.
  return actual?.origin === target.origin ? target : undefined;
}

/**
 * Returns whether the agent for a URL connects to where the URL says. The options of an agent take precedence over those of a
 * request.
 */
function isKeptBy(agents: NextHop['agents'], target: URL): boolean {
  const agent = target.protocol === 'https:' ? agents?.https : agents?.http;
  const options: unknown = isKey(agent) ? Reflect.get(agent, 'options') : undefined;
  if (!isKey(options)) return true;
  return !['socketPath', 'host', 'port'].some((name) => Reflect.get(options, name));
}

function hopOf(beforeRedirect: unknown): Hop | undefined {
  return isKey(beforeRedirect) ? hops.get(beforeRedirect) : undefined;
}

/** Returns whether a value can be the key of a WeakMap. */
function isKey(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
