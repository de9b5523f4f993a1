import type { Echo, Method, RequestScope } from '@request-context/core/adapter';
import { exposeHeaders, settleHead } from './echo.ts';
import { isHttp2, type RawResponse } from './incoming.ts';

type Headers = Record<string, unknown>;
/** A header as it stands in a list. */
type Pair = readonly [name: unknown, value: unknown];

/**
 * Calls `writeHead` with more than a status, such that the head carries the id: frameworks write past what
 * was set in hooks (Fastify's `reply.hijack()`).
 *
 * ## As if no header had been set
 *
 * Node writes the headers that `writeHead` is given as they are, unless some were set before: then it sets
 * these as well, one by one. So the header that was set at the start would change what a handler is used to,
 * which has set none itself. It gets what Node does without:
 *
 * - a list of pairs is taken, which Node refuses once a header was set, even if it was removed again;
 * - a name that a list repeats is sent as often, where Node 20 keeps the last alone;
 * - headers that `writeHead` throws at leave none of them behind, for the answer that tells of it.
 */
export function writeGivenHead(
  writeHead: Method,
  res: RawResponse,
  scope: RequestScope,
  echo: Echo,
  status: unknown,
  ...given: unknown[]
): unknown {
  const at = headersAt(given);
  const headers = given[at];
  if (!isHeaders(headers) || res.headersSent) {
    settleHead(res, scope, echo);
    return Reflect.apply(writeHead, res, [status, ...given]);
  }
  const isAlone = isIdAlone(res, echo);
  try {
    given[at] = Array.isArray(headers)
      ? settleList(res, echo, headers, isAlone)
      : settleObject(res, echo, headers as Headers);
    settleHead(res, scope, echo);
    return Reflect.apply(writeHead, res, [status, ...given]);
  } catch (error) {
    if (isAlone && !res.headersSent) removeOthers(res, echo);
    throw error;
  }
}

/**
 * The same for a `writeHead` that somebody gave the response: on-headers sets given headers one by one, others
 * change them. They get what was given but for another id.
 */
export function passGivenHead(
  writeHead: Method,
  res: RawResponse,
  scope: RequestScope,
  echo: Echo,
  status: unknown,
  ...given: unknown[]
): unknown {
  const at = headersAt(given);
  const headers = given[at];
  if (isHeaders(headers) && !res.headersSent) {
    given[at] = Array.isArray(headers)
      ? settleList(res, echo, headers, false)
      : settleObject(res, echo, headers as Headers);
  }
  settleHead(res, scope, echo);
  return Reflect.apply(writeHead, res, [status, ...given]);
}

/** Where the headers are: writeHead(status, headers) or writeHead(status, reason, headers). */
function headersAt(given: readonly unknown[]): number {
  return typeof given[0] === 'string' || given[1] != null ? 1 : 0;
}

function isHeaders(given: unknown): given is Headers | readonly unknown[] {
  return typeof given === 'object' && given !== null;
}

/** The headers of an object, without those that are set on the response instead. */
function settleObject(res: RawResponse, { header, exposeHeader }: Echo, headers: Headers): Headers {
  const taken = keysOf(headers, header);
  if (exposeHeader) {
    const exposed = keysOf(headers, exposeHeaders);
    const last = exposed.at(-1);
    if (last !== undefined) res.setHeader(exposeHeaders, headers[last] as string);
    taken.push(...exposed);
  }
  if (taken.length === 0) return headers;
  const kept: Headers = Object.assign(Object.create(null), headers);
  for (const key of taken) delete kept[key];
  return kept;
}

/** The same for a flat list, or a list of pairs. */
function settleList(
  res: RawResponse,
  echo: Echo,
  list: readonly unknown[],
  isAlone: boolean,
): readonly unknown[] | Headers {
  const { header, exposeHeader } = echo;
  const isFlat = !Array.isArray(list[0]);
  // What is no list of headers is Node's to refuse.
  if (isFlat && list.length % 2 !== 0) return list;
  const pairs = isFlat ? pairUp(list) : (list as readonly Pair[]);
  const kept = pairs.filter(([name]) => !isNamed(name, header));
  if (isAlone && (!isFlat || hasRepetition(kept))) return settleObject(res, echo, toObject(kept));
  if (!isFlat) return kept.length === pairs.length ? list : kept;
  const exposed = exposeHeader ? kept.filter(([name]) => isNamed(name, exposeHeaders)) : [];
  if (exposed.length !== 0) {
    res.setHeader(
      exposeHeaders,
      exposed.flatMap(([, value]) => value as string),
    );
  }
  if (kept.length - exposed.length === pairs.length) return list;
  return kept.filter((pair) => !exposed.includes(pair)).flat(1);
}

function pairUp(list: readonly unknown[]): Pair[] {
  const pairs: Pair[] = [];
  for (let at = 0; at < list.length; at += 2) pairs.push([list[at], list[at + 1]]);
  return pairs;
}

/** A list as an object, which Node takes in any case: what is repeated becomes an array. */
function toObject(pairs: readonly Pair[]): Headers {
  const headers: Headers = Object.create(null);
  for (const [name, value] of pairs) {
    const [key = String(name)] = keysOf(headers, String(name));
    headers[key] = key in headers ? [headers[key], value].flat() : value;
  }
  return headers;
}

function hasRepetition(pairs: readonly Pair[]): boolean {
  return new Set(pairs.map(([name]) => String(name).toLowerCase())).size !== pairs.length;
}

/** Whether Node would write given headers as they are, but for the id's. HTTP/2 sets them one by one anyway. */
function isIdAlone(res: RawResponse, { key }: Echo): boolean {
  if (isHttp2(res)) return false;
  return res.getHeaderNames().every((name) => name === key);
}

/** What `removeHeader` notes of a response beside the removal: that Node is not to add the header by itself. */
const notes = ['sendDate', '_removedConnection', '_removedContLen', '_removedTE'] as const;

function removeOthers(res: RawResponse, { key }: Echo): void {
  const noted = notes.map((note) => [note, Reflect.get(res, note)] as const);
  for (const name of res.getHeaderNames()) if (name !== key) res.removeHeader(name);
  for (const [note, value] of noted) if (value !== undefined) Reflect.set(res, note, value);
}

/** The keys that name a header, whatever their case. */
function keysOf(headers: Headers, name: string): string[] {
  return Object.keys(headers).filter((key) => isNamed(key, name));
}

function isNamed(key: unknown, name: string): boolean {
  return (
    typeof key === 'string' &&
    key.length === name.length &&
    key.toLowerCase() === name.toLowerCase()
  );
}
