import { isSameName } from '../internal/is-same-name.ts';

/** A header's name, and its value or values. */
type Pair = readonly [name: unknown, value: unknown];

/**
 * Returns headers of undici with one set: any other of its name is left out. Takes all that undici takes: an object, a
 * flat array, an iterable of pairs or nothing. Returns anything else as it is, for undici to reject.
 */
export function withHeader(headers: unknown, name: string, value: string): unknown {
  if (headers === undefined || headers === null) return { [name]: value };
  if (typeof headers !== 'object') return headers;
  const isOther = ([key]: Pair) => !isNamed(key, name);
  if (Array.isArray(headers)) {
    if (Array.isArray(headers[0])) return [...headers.filter(isOther), [name, value]];
    return [...flatPairs(headers).filter(isOther).flat(1), name, value];
  }
  if (!isIterable(headers)) {
    return { ...Object.fromEntries(Object.entries(headers).filter(isOther)), [name]: value };
  }
  const entries = [...headers];
  // Anything but pairs is for undici to reject.
  if (!entries.every(isPair)) return { [Symbol.iterator]: () => entries[Symbol.iterator]() };
  return [...entries.filter(isOther).flat(1), name, value];
}

/** Returns the values that headers of undici have under a name, upper or lower case. */
export function headerValues(headers: unknown, name: string): readonly unknown[] {
  const values: unknown[] = [];
  const add = (key: unknown, value: unknown): void => {
    if (!isNamed(key, name)) return;
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== '') values.push(one);
    }
  };
  if (isFlat(headers)) {
    // What nearly every request has.
    for (let at = 0; at < headers.length; at += 2) add(headers[at], headers[at + 1]);
  } else {
    for (const [key, value] of pairsOf(headers)) add(key, value);
  }
  return values;
}

function isFlat(headers: unknown): headers is readonly unknown[] {
  return Array.isArray(headers) && !Array.isArray(headers[0]);
}

function pairsOf(headers: unknown): Pair[] {
  if (typeof headers === 'string') return linesOf(headers).map(pairOf);
  if (typeof headers !== 'object' || headers === null) return [];
  if (isFlat(headers)) return flatPairs(headers);
  if (isIterable(headers)) return [...headers].filter(isPair);
  return Object.entries(headers);
}

/** Returns whether a header has a name, upper or lower case. */
export function isNamed(key: unknown, name: string): boolean {
  return isSameName(typeof key === 'string' ? key : String(key), name);
}

function flatPairs(headers: readonly unknown[]): Pair[] {
  const pairs: Pair[] = [];
  for (let at = 0; at < headers.length; at += 2) pairs.push([headers[at], headers[at + 1]]);
  return pairs;
}

function isIterable(headers: object): headers is Iterable<unknown> {
  return typeof (headers as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function';
}

function isPair(entry: unknown): entry is [unknown, unknown] {
  return Array.isArray(entry) && entry.length === 2;
}

/** The lines of the head of a request, which undici 5 keeps as text. */
function linesOf(text: string): string[] {
  return text.split('\r\n').filter((line) => line !== '');
}

function pairOf(line: string): Pair {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

/** Headers of a request that undici has made: text up to undici 6.6, later a flat array. */
export type BuiltHeaders = string | unknown[];

/** Returns the names of all headers of a request that undici has made. */
export function builtNames(headers: BuiltHeaders): string[] {
  return pairsOf(headers).map(([name]) => String(name));
}

/**
 * Returns the headers of a request that undici has made without those of a name, and with one of it if there is a value.
 * An array is changed itself: undici may hold it already.
 */
export function setBuilt(headers: BuiltHeaders, name: string, value?: string): BuiltHeaders {
  if (typeof headers === 'string') {
    const kept = linesOf(headers).filter((line) => !isNamed(pairOf(line)[0], name));
    if (value !== undefined) kept.push(`${name}: ${value}`);
    return kept.map((line) => `${line}\r\n`).join('');
  }
  for (let at = headers.length - 2; at >= 0; at -= 2) {
    if (isNamed(headers[at], name)) headers.splice(at, 2);
  }
  if (value !== undefined) headers.push(name, value);
  return headers;
}
