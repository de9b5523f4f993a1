import { InvalidOptionError } from '@request-context/core';
import { describe, dropRejection } from '@request-context/core/adapter';

/**
 * To whom the id is sent: an array of origins, or a function that returns true for the URL of a call.
 *
 * An origin is a host name, with a scheme and a port or without. Without a scheme, it covers http and https; without a
 * port, the scheme's own; `:*` covers all ports. `*.` covers one label or more before the name, and not the name
 * itself. Host names are compared as the URL standard parses them.
 *
 * A function gets a copy of the URL, without its user name and password. Only `true` counts: of a promise, anything
 * else and a function that throws, nothing is sent.
 *
 * @example
 * ['https://api.example.com', '*.internal:8080', 'localhost:*']
 */
export type Destinations = readonly string[] | ((target: URL) => boolean);

/** Whether the id may be sent to a URL; undefined when the function of `to` failed. */
export type IsDestination = (target: URL) => boolean | undefined;

interface Origin {
  /** `'http:'`, `'https:'`; undefined for both. */
  readonly protocol: string | undefined;
  /** The name; with a leading dot, the end of the names that it covers. */
  readonly host: string;
  /** The port; undefined for the scheme's own, `'*'` for all. */
  readonly port: string | undefined;
}

const defaultPorts: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };
const example = "such as 'https://api.example.com', '*.internal:8080' or 'localhost:*'";
/** A scheme, a host name or an address in brackets, a port, and a lone slash. */
const originPattern =
  /^(?:(https?):\/\/)?(\*\.)?([^/?#@\\\s:[\]*%]+|\[[0-9a-f:.]+\])(?::(\d{1,5}|\*))?\/?$/i;

/**
 * Returns a function that decides where the id may be sent.
 *
 * @throws {InvalidOptionError} when `to` is missing, is neither an array nor a function, or holds anything but origins
 */
export function compileDestinations(to: unknown): IsDestination {
  if (typeof to === 'function')
    return (target) => callPredicate(to as (target: URL) => unknown, target);
  if (!Array.isArray(to)) {
    throw new InvalidOptionError(
      'to',
      `must be an array of origins (${example}) or a function, but is ${describe(to)}.`,
    );
  }
  const origins = Array.from(to, parseOrigin);
  return (target) => origins.some((origin) => covers(origin, target));
}

function callPredicate(to: (target: URL) => unknown, target: URL): boolean | undefined {
  try {
    const copy = new URL(target);
    copy.username = '';
    copy.password = '';
    const result = to(copy);
    if (typeof result === 'boolean') return result;
    dropRejection(result);
  } catch {
    // Nothing is sent where the function cannot say so.
  }
  return undefined;
}

function parseOrigin(entry: unknown): Origin {
  const match = typeof entry === 'string' ? originPattern.exec(entry) : null;
  const [, scheme, wildcard = '', host = '', port] = match ?? [];
  const protocol = scheme === undefined ? undefined : `${scheme.toLowerCase()}:`;
  const url =
    match === null ? undefined : parse(`http://${host}${port === '*' ? '' : `:${port ?? ''}`}/`);
  const isWildcardOfAddress = wildcard !== '' && /^\[|^[\d.]+$/.test(url?.hostname ?? '');
  if (url === undefined || isWildcardOfAddress || url.hostname === '') {
    throw new InvalidOptionError('to', `holds ${describe(entry)}, which is no origin, ${example}.`);
  }
  return {
    protocol,
    host: wildcard === '' ? url.hostname : `.${url.hostname}`,
    port: port === undefined || port === '*' ? port : String(Number(port)),
  };
}

function parse(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}

function covers({ protocol, host, port }: Origin, target: URL): boolean {
  const own = defaultPorts[target.protocol];
  if (own === undefined || (protocol !== undefined && protocol !== target.protocol)) return false;
  if (port !== '*' && (port ?? own) !== (target.port || own)) return false;
  if (!host.startsWith('.')) return host === target.hostname;
  return target.hostname.length > host.length && target.hostname.endsWith(host);
}
