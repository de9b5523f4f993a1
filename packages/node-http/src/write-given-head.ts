import type { Method, RequestScope } from '@request-context/core/adapter';
import { ensureEcho, exposeHeaders } from './ensure-echo.ts';
import { type Headers, isNamed, namesOf, withoutNames } from './header-names.ts';
import type { Echo } from './node-request-scope.ts';
import { isHttp2, type RawResponse } from './raw-message.ts';

const exposeKey = exposeHeaders.toLowerCase();

/** A header in a list of pairs. */
type Pair = readonly [name: unknown, value: unknown];

/**
 * Calls `writeHead` with more than a status, and makes the head carry the id: frameworks bypass the headers that
 * hooks set (Fastify's `reply.hijack()`).
 *
 * ## As if no header had been set
 *
 * Node writes the headers that are passed to `writeHead` unchanged, unless other headers were set before: then it
 * sets the passed ones as well, one by one. The id's header, set at the start, would change Node's behaviour for a
 * handler that has set none. So this function restores what Node does without it:
 *
 * - Node accepts a list of pairs. It rejects one once a header was set, even if it was removed again.
 * - Node sends a name as often as a list repeats it. Node 20 otherwise sends only the last.
 * - If `writeHead` throws, none of the given headers are left for the error response.
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
    ensureEcho(res, scope, echo);
    return Reflect.apply(writeHead, res, [status, ...given]);
  }
  const isAlone = isIdAlone(res, echo);
  try {
    given[at] = Array.isArray(headers)
      ? moveFromList(res, echo, headers, isAlone)
      : moveFromObject(res, echo, headers as Headers);
    ensureEcho(res, scope, echo);
    return Reflect.apply(writeHead, res, [status, ...given]);
  } catch (error) {
    if (isAlone && !res.headersSent) removeOthers(res, echo);
    throw error;
  }
}

/**
 * Does the same for a `writeHead` that other code gave the response: on-headers sets given headers one by one,
 * others change them. It gets the given headers without an id.
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
      ? moveFromList(res, echo, headers, false)
      : moveFromObject(res, echo, headers as Headers);
  }
  ensureEcho(res, scope, echo);
  return Reflect.apply(writeHead, res, [status, ...given]);
}

/** Returns where the headers are: writeHead(status, headers) or writeHead(status, reason, headers). */
function headersAt(given: readonly unknown[]): number {
  return typeof given[0] === 'string' || given[1] != null ? 1 : 0;
}

function isHeaders(given: unknown): given is Headers | readonly unknown[] {
  return typeof given === 'object' && given !== null;
}

/** Returns the headers of an object without those that are set on the response instead. */
function moveFromObject(res: RawResponse, { key, exposeHeader }: Echo, headers: Headers): Headers {
  const moved = namesOf(headers, key);
  if (exposeHeader) {
    const exposed = namesOf(headers, exposeKey);
    const last = exposed.at(-1);
    if (last !== undefined) res.setHeader(exposeHeaders, headers[last] as string);
    moved.push(...exposed);
  }
  return moved.length === 0 ? headers : withoutNames(headers, moved);
}

/** Does the same for a flat list, or a list of pairs. */
function moveFromList(
  res: RawResponse,
  echo: Echo,
  list: readonly unknown[],
  isAlone: boolean,
): readonly unknown[] | Headers {
  const { key, exposeHeader } = echo;
  const isFlat = !Array.isArray(list[0]);
  // Leave an odd-length list for Node to reject.
  if (isFlat && list.length % 2 !== 0) return list;
  const pairs = isFlat ? pairUp(list) : (list as readonly Pair[]);
  const kept = pairs.filter(([name]) => !isNamed(name, key));
  if (isAlone && (!isFlat || hasRepetition(kept))) return moveFromObject(res, echo, toObject(kept));
  if (!isFlat) return kept.length === pairs.length ? list : kept;
  const exposed = exposeHeader ? kept.filter(([name]) => isNamed(name, exposeKey)) : [];
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

/** Returns a list as an object, which Node always accepts. Repeated headers become arrays. */
function toObject(pairs: readonly Pair[]): Headers {
  const headers: Headers = Object.create(null);
  for (const [name, value] of pairs) {
    const [key = String(name)] = namesOf(headers, String(name).toLowerCase());
    headers[key] = key in headers ? [headers[key], value].flat() : value;
  }
  return headers;
}

function hasRepetition(pairs: readonly Pair[]): boolean {
  return new Set(pairs.map(([name]) => String(name).toLowerCase())).size !== pairs.length;
}

/** Returns whether only the id's header was set. HTTP/2 always sets given headers one by one. */
function isIdAlone(res: RawResponse, { key }: Echo): boolean {
  if (isHttp2(res)) return false;
  return res.getHeaderNames().every((name) => name === key);
}

/** The fields in which `removeHeader` notes that Node itself must not add the header. */
const notes = ['sendDate', '_removedConnection', '_removedContLen', '_removedTE'] as const;

function removeOthers(res: RawResponse, { key }: Echo): void {
  const noted = notes.map((note) => [note, Reflect.get(res, note)] as const);
  for (const name of res.getHeaderNames()) if (name !== key) res.removeHeader(name);
  for (const [note, value] of noted) if (value !== undefined) Reflect.set(res, note, value);
}
