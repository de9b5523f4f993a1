import { InvalidOptionError } from '@request-context/core';
import { describe } from '@request-context/core/adapter';
import { dropPromise } from '../carrier/drop-promise.ts';

/**
 * To whom the id is sent: an array of origins, or a function that returns true for the URL of a call.
 *
 * An origin is a host name, with a scheme and a port or without. Without a scheme, it covers http and https; without a
 * port, the scheme's own; `:*` covers all ports. `*.` covers one label or more before the name, and not the name
 * itself. Host names are compared as the URL standard parses them. Other schemes, such as `ws:`, are never covered:
 * the request that opens a WebSocket is one of http or https.
 *
 * A function gets a copy of the URL, without its user name and password. Only `true` sends something: a
 * promise, any other value and an error send nothing.
 *
 * @example
 * ['https://api.example.com', '*.internal:8080', 'localhost:*']
 */
export type Destinations = readonly string[] | ((target: URL) => boolean);

/** Whether the id may be sent to a URL; undefined when the function of `to` failed. */
export type IsDestination = (target: URL) => boolean | undefined;

interface Origin {
  /** `'http:'` or `'https:'`; undefined for both. */
  readonly protocol: string | undefined;
  /** The name; for a wildcard, the end of the names that it covers, with a leading dot. */
  readonly host: string;
  readonly isWildcard: boolean;
  /** The port; undefined for the scheme's own, `'*'` for all. */
  readonly port: string | undefined;
}

/** The parts of a URL that count. */
interface Target {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: string;
  /** The port of its scheme. */
  readonly own: string;
}

const defaultPorts: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };
const example = "such as 'https://api.example.com', '*.internal:8080' or 'localhost:*'";
/** A scheme, a host name or an address in brackets, a port, and a lone slash. */
const originPattern =
  /^(?:(https?):\/\/)?(\*\.)?([^/?#@\\\s:[\]*%]+|\[[0-9a-f:.]+\])(?::(\d{1,5}|\*))?\/?$/i;
/** A parsed host name: labels of a domain name, or an address in brackets. */
const hostPattern = /^(?:[a-z\d_-]+(?:\.[a-z\d_-]+)*\.?|\[[\da-f:]+\])$/;

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
  // Reading the parts of a URL costs more than the rest, and calls of http share the URL of an origin.
  let last: URL | undefined;
  let isLast = false;
  return (url) => {
    if (url === last) return isLast;
    last = url;
    const { protocol, hostname, port } = url;
    const own = defaultPorts[protocol];
    const target = { protocol, hostname, own: own ?? '', port: port === '' ? (own ?? '') : port };
    isLast = own !== undefined && origins.some((origin) => covers(origin, target));
    return isLast;
  };
}

function callPredicate(to: (target: URL) => unknown, target: URL): boolean | undefined {
  try {
    const copy = new URL(target);
    copy.username = '';
    copy.password = '';
    const result = to(copy);
    if (typeof result === 'boolean') return result;
    dropPromise(result);
  } catch (thrown) {
    // Nothing is sent where the function cannot say so.
    dropPromise(thrown);
  }
  return undefined;
}

function parseOrigin(entry: unknown): Origin {
  const match = typeof entry === 'string' ? originPattern.exec(entry) : null;
  const [, scheme, wildcard, host = '', port] = match ?? [];
  const hostname = match === null ? undefined : parseHost(host, port);
  const isWildcard = wildcard !== undefined;
  if (hostname === undefined || (isWildcard && isAddress(hostname)) || Number(port) === 0) {
    // A user name may come with a password, which no log should have.
    const hasUser = typeof entry === 'string' && entry.includes('@');
    const shown = hasUser ? 'an entry with a user name' : describe(entry);
    throw new InvalidOptionError('to', `holds ${shown}, which is no origin, ${example}.`);
  }
  return {
    protocol: scheme === undefined ? undefined : `${scheme.toLowerCase()}:`,
    host: isWildcard ? `.${hostname}` : hostname,
    isWildcard,
    port: port === undefined || port === '*' ? port : String(Number(port)),
  };
}

/** Returns a host name as the URL standard parses it; undefined where it, or the port, is invalid. */
function parseHost(host: string, port: string | undefined): string | undefined {
  const url = `http://${host}${port === undefined || port === '*' ? '' : `:${port}`}/`;
  if (!URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  // The standard also accepts a leading dot, commas, and characters that it takes for `*`: mistakes in an origin.
  return hostPattern.test(hostname) ? hostname : undefined;
}

/** Returns whether a parsed host name is an IP address. */
function isAddress(hostname: string): boolean {
  return /^\[|^[\d.]+$/.test(hostname);
}

function covers({ protocol, host, isWildcard, port }: Origin, target: Target): boolean {
  if (protocol !== undefined && protocol !== target.protocol) return false;
  if (port !== '*' && (port ?? target.own) !== target.port) return false;
  if (!isWildcard) return host === target.hostname;
  return target.hostname.length > host.length && target.hostname.endsWith(host);
}
