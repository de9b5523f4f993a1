import { types } from 'node:util';
import { isSameName } from '../internal/is-same-name.ts';
import { dropPromise } from './drop-promise.ts';

/** Reads a carrier: returns the value of a header, an array of several, or undefined or null. */
export type Getter<Carrier> = (carrier: Carrier, name: string) => unknown;

/** Writes to a carrier. A promise that it returns is not waited for. */
export type Setter<Carrier> = (carrier: Carrier, name: string, value: string) => unknown;

/** The longest text that is read from bytes, in bytes. */
const maxBytes = 8192;
/** The longest array that is read: one that holds nothing can still have any length. */
const maxEntries = 65_536;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Returns all that a carrier has under a name, upper or lower case: in a plain object, a Map, an array of pairs or of
 * objects, or an object with a method `get`, such as `Headers`.
 *
 * @throws what the carrier throws
 */
export function readCarrier(carrier: unknown, name: string): unknown[] {
  if (!isContainer(carrier)) return [];
  if (!hasGet(carrier)) return placesOf(carrier, name).flatMap((place) => present(place.read()));
  return lookUp(name, (key) => {
    const value = carrier.get(key);
    // For a header that is not there, clients return '' too: only `has` knows.
    return value === '' && carrier.has?.(key) !== true ? undefined : value;
  });
}

/**
 * Returns all that a function finds under a name, as it is spelled and in lower case: the function may know one of
 * them, take both for one, or tell them apart.
 *
 * @throws what the function throws
 */
export function lookUp(name: string, find: (name: string) => unknown): unknown[] {
  const lower = name.toLowerCase();
  const values = present(find(name));
  const others = lower === name ? [] : present(find(lower));
  for (const value of [...values, ...others]) dropPromise(value);
  const isSame =
    others.length === values.length &&
    others.every((value, index) => textOf(value) === textOf(values[index]));
  return isSame ? values : [...values, ...others];
}

/**
 * Sets a header in a carrier, which replaces all that it has under the name, upper or lower case. Returns what the
 * carrier's own method returns.
 *
 * @throws {TypeError} when the carrier cannot be written, and what the carrier throws
 */
export function writeCarrier(carrier: unknown, name: string, value: string): unknown {
  if (!isContainer(carrier)) throw new TypeError('The carrier holds no headers.');
  if (hasGet(carrier)) {
    if (carrier.set === undefined) throw new TypeError('The carrier has no method to set.');
    return carrier.set(name, value);
  }
  const [first, ...others] = placesOf(carrier, name);
  // From the end, as later entries of an array move up. The first failure leaves the carrier unchanged.
  for (const place of others.reverse()) place.remove();
  if (first !== undefined) first.write(value);
  else if (types.isMap(carrier)) addToMap(carrier, name, value);
  else if (Array.isArray(carrier)) carrier.push(newEntry(carrier, name, value));
  else setProperty(carrier, name, value);
  return undefined;
}

/**
 * Returns the text of a value: a string, or bytes in UTF-8, which Kafka's clients have. Returns undefined for anything
 * else, and for bytes that are too long to be read. Never throws.
 */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!types.isUint8Array(value)) return undefined;
  try {
    return value.byteLength > maxBytes ? undefined : utf8.decode(value);
  } catch {
    return undefined;
  }
}

/** A container with methods: `Headers`, or a client's own class. */
interface Methods {
  get(name: string): unknown;
  has?(name: string): unknown;
  set?(name: string, value: string): unknown;
}

/** Where a carrier has a value. */
interface Place {
  read(): unknown;
  write(value: string): void;
  remove(): void;
}

/** Returns whether a value can be a carrier. Bytes and boxed texts cannot: each byte would be a header. */
function isContainer(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !ArrayBuffer.isView(value) &&
    !types.isBoxedPrimitive(value)
  );
}

function hasGet(carrier: object): carrier is Methods {
  if (types.isMap(carrier) || Array.isArray(carrier)) return false;
  return typeof (carrier as Partial<Methods>).get === 'function';
}

/** Returns where a carrier has values under a name. Reads no value yet, and calls no iterator of the carrier. */
function placesOf(carrier: object, name: string): Place[] {
  if (types.isMap(carrier)) return placesInMap(carrier, name);
  if (Array.isArray(carrier)) return placesInArray(carrier, name);
  return keysNamed(carrier, name).map((key) => ({
    read: () => Reflect.get(carrier, key),
    write: (value) => setProperty(carrier, key, value),
    remove: () => removeProperty(carrier, key),
  }));
}

function placesInMap(carrier: Map<unknown, unknown>, name: string): Place[] {
  const places: Place[] = [];
  Map.prototype.forEach.call(carrier, (found, key) => {
    if (!isNamed(key, name)) return;
    places.push({
      read: () => found,
      write: (value) => carrier.set(key, inFormOf(found, value)),
      remove: () => carrier.delete(key),
    });
  });
  return places;
}

/** Adds an entry that is like the others of a Map. */
function addToMap(carrier: Map<unknown, unknown>, name: string, value: string): void {
  const [key, other] = Map.prototype.entries.call(carrier).next().value ?? [];
  carrier.set(inFormOf(key, name), inFormOf(other, value));
}

/** Returns bytes where the other value is bytes: without serializers, @platformatic/kafka takes nothing else. */
function inFormOf(other: unknown, text: string): string | Buffer {
  return types.isUint8Array(other) ? Buffer.from(text) : text;
}

function placesInArray(carrier: unknown[], name: string): Place[] {
  const places: Place[] = [];
  for (const [at, entry] of entriesOf(carrier).entries()) {
    if (Array.isArray(entry)) {
      if (!isNamed(entry[0], name)) continue;
      places.push({
        read: () => entry[1],
        write: (value) => {
          carrier[at] = [entry[0], value];
        },
        remove: () => carrier.splice(at, 1),
      });
    } else if (isContainer(entry)) {
      for (const key of keysNamed(entry, name)) {
        places.push({
          read: () => Reflect.get(entry, key),
          // A copy: the caller may have put the same object into other messages.
          write: (value) => {
            carrier[at] = { ...(carrier[at] as object), [key]: value };
          },
          remove: () => {
            const { [key]: _, ...others } = carrier[at] as Record<string, unknown>;
            carrier.splice(at, 1, ...(Object.keys(others).length > 0 ? [others] : []));
          },
        });
      }
    }
  }
  return places;
}

/** Returns an entry that is like the others of an array. */
function newEntry(carrier: readonly unknown[], name: string, value: string): unknown {
  const first = carrier[0];
  if (first === undefined || Array.isArray(first)) return [name, value];
  if (isContainer(first)) return { [name]: value };
  throw new TypeError('The carrier holds something else than headers.');
}

function keysNamed(object: object, name: string): string[] {
  return Object.keys(object).filter((key) => isNamed(key, name));
}

function setProperty(object: object, key: string, value: string): void {
  if (!Reflect.set(object, key, value)) throw new TypeError('The carrier cannot be changed.');
}

function removeProperty(object: object, key: string): void {
  if (!Reflect.deleteProperty(object, key)) throw new TypeError('The carrier cannot be changed.');
}

function isNamed(key: unknown, name: string): boolean {
  const text = textOf(key);
  return text !== undefined && isSameName(text, name);
}

/** Returns the values that are there: one, or those of an array. */
function present(value: unknown): unknown[] {
  const values = Array.isArray(value) ? entriesOf(value) : [value];
  return values.filter((one) => one !== undefined && one !== null);
}

/**
 * Returns a copy of an array, whatever its own methods do.
 *
 * @throws {RangeError} when it is too long
 */
function entriesOf(array: readonly unknown[]): unknown[] {
  const { length } = array;
  if (!(length <= maxEntries)) throw new RangeError('The array is too long.');
  return Array.from({ length }, (_, at) => array[at]);
}
