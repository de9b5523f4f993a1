/** Reads a carrier: returns the value of a header, an array of several, or undefined or null. */
export type Getter<Carrier> = (carrier: Carrier, name: string) => unknown;

/** Writes to a carrier. */
export type Setter<Carrier> = (carrier: Carrier, name: string, value: string) => unknown;

/** Values longer than this are not read, in bytes. */
const maxBytes = 8192;

/**
 * Returns all that a carrier has under a name, upper or lower case: in a plain object, a Map, an array of pairs or of
 * objects with one key each, or an object with a method `get`, such as `Headers`.
 *
 * @throws what the carrier throws
 */
export function readCarrier(carrier: unknown, name: string): unknown[] {
  if (!isObject(carrier)) return [];
  if (isOther(carrier)) return present(carrier.get?.(name));
  return entriesOf(carrier)
    .filter(([key]) => isNamed(key, name))
    .flatMap(([, value]) => present(value));
}

/**
 * Sets a header in a carrier, in place of what it has under the name, upper or lower case.
 *
 * @throws {TypeError} when the carrier cannot be written, and what the carrier throws
 */
export function writeCarrier(carrier: unknown, name: string, value: string): void {
  if (!isObject(carrier)) throw new TypeError('The carrier is no object.');
  if (Array.isArray(carrier)) {
    const at = carrier.findIndex((entry) => pairsOf(entry).some(([key]) => isNamed(key, name)));
    const [first] = carrier;
    const entry = first === undefined || Array.isArray(first) ? [name, value] : { [name]: value };
    if (at === -1) carrier.push(entry);
    else carrier[at] = entry;
    return;
  }
  if (isOther(carrier)) {
    carrier.set?.(name, value);
    return;
  }
  const existing = entriesOf(carrier).find(([key]) => isNamed(key, name))?.[0] ?? name;
  if (isMap(carrier)) {
    carrier.set(existing, value);
    return;
  }
  if (!Reflect.set(carrier, existing as string, value)) {
    throw new TypeError('The carrier cannot be changed.');
  }
}

/**
 * Returns the text of a value: a string, or bytes, which Kafka's clients have. Returns undefined for anything else, and
 * for what is too long to be read.
 */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!(value instanceof Uint8Array) || value.byteLength > maxBytes) return undefined;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();
}

/** A container with methods. */
interface Methods {
  get?(name: string): unknown;
  set?(name: string, value: string): unknown;
}

type Entry = readonly [key: unknown, value: unknown];

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isMap(carrier: object): carrier is Map<unknown, unknown> {
  return carrier instanceof Map;
}

/** Returns whether the carrier has methods to read and write, and is no Map: `Headers`, or a client's own class. */
function isOther(carrier: object): carrier is Methods {
  if (isMap(carrier) || Array.isArray(carrier)) return false;
  return typeof (carrier as Methods).get === 'function';
}

function entriesOf(carrier: object): Entry[] {
  if (isMap(carrier)) return [...carrier];
  if (Array.isArray(carrier)) return carrier.flatMap(pairsOf);
  return Object.entries(carrier);
}

/** Returns the pairs of an entry of an array: it is one, or an object that holds some. */
function pairsOf(entry: unknown): Entry[] {
  if (Array.isArray(entry)) return [[entry[0], entry[1]]];
  return isObject(entry) ? Object.entries(entry) : [];
}

function isNamed(key: unknown, name: string): boolean {
  const text = textOf(key);
  return text?.length === name.length && text.toLowerCase() === name.toLowerCase();
}

/** Returns the values that are there: one, or those of an array. */
function present(value: unknown): unknown[] {
  return (Array.isArray(value) ? value : [value]).filter(
    (one) => one !== undefined && one !== null && one !== '',
  );
}
