import type { HeaderToSend } from '../carrier/carried-values.ts';
import { parseUrl } from '../internal/parse-url.ts';
import { isHostOf } from './is-host-of.ts';
import type { Outbound } from './outbound.ts';
import { type BuiltHeaders, headerValues, setBuilt } from './undici-headers.ts';

/** A request as undici publishes it, before it is written. */
export interface UndiciRequest {
  readonly method: string;
  readonly path: string;
  /** The origin of the connection, or the one that the call named: see {@link isNamedByCall}. */
  readonly origin: unknown;
  /** The value of `Host`, if the caller set it. */
  readonly host: unknown;
  headers: BuiltHeaders;
  readonly aborted?: boolean;
}

/** Where a request of undici goes, as far as it is known. */
export interface Route {
  readonly path: string;
  readonly host: unknown;
  /** The origin that the call named, if it named one. */
  readonly asked: string | undefined;
  /** The origin of the connection, if it is known. */
  readonly connection: string | undefined;
  /** Whether the path counts, for a function that decides. */
  readonly isPathNeeded: boolean;
}

/**
 * Returns whether the origin of a request is the one that the call named, if it named one. The connection may go
 * elsewhere. That is so up to undici 7.15; requests of later versions have a `protocol`.
 */
export function isNamedByCall(request: UndiciRequest): boolean {
  return !('protocol' in request);
}

/**
 * Returns the origin of a URL; undefined where there is none.
 *
 * @param expected - What it is likely to be: that spares parsing it.
 */
export function originOf(url: unknown, expected?: string): string | undefined {
  if (url === undefined || url === null) return undefined;
  return url === expected ? expected : (parseUrl(String(url))?.origin ?? 'null');
}

/** Returns where a request goes; undefined where that is not certain. */
export function targetOf({ path, host, asked, connection, isPathNeeded }: Route): URL | undefined {
  let target: URL | undefined;
  if (path.startsWith('/')) {
    // A client keeps to its connection, whatever a call names.
    if (connection === undefined || (asked ?? connection) !== connection) return undefined;
    target = isPathNeeded ? parseUrl(`${connection}${path}`) : urlOf(connection);
  } else {
    // How a proxy is asked, without a tunnel: the URL must be what the caller asked for.
    target = parseUrl(path);
    if (target === undefined || target.origin !== asked) return undefined;
  }
  return target === undefined || isHostOf(host, target) ? target : undefined;
}

/** The URLs of origins: parsing one costs more than the rest. */
const urls = new Map<string, URL | undefined>();
/** Origins to remember. */
const maxOrigins = 500;

function urlOf(origin: string): URL | undefined {
  let url = urls.get(origin);
  if (url === undefined) {
    url = parseUrl(origin);
    if (urls.size >= maxOrigins) urls.clear();
    urls.set(origin, url);
  }
  return url;
}

/** Sets the headers that the current scope sends to a target. Returns them. */
export function setHeaders(
  request: UndiciRequest,
  outbound: Outbound,
  target: URL | undefined,
): readonly HeaderToSend[] {
  const added = outbound.headersFor(target, (name) => headerValues(request.headers, name));
  // Not by `addHeader`, which adds a second one, and in undici 5 to text.
  for (const [name, value] of added) request.headers = setBuilt(request.headers, name, value);
  return added;
}

/** Sets the headers again that a request had under the names of others. */
export function takeBack(
  request: UndiciRequest,
  added: readonly HeaderToSend[],
  former: BuiltHeaders,
): void {
  for (const [name] of added) {
    const value = headerValues(former, name).join(', ');
    request.headers = setBuilt(request.headers, name, value === '' ? undefined : value);
  }
}
