/**
 * Returns a short description of a value for an error message, in printable ASCII. Never throws.
 *
 * @example
 * describe('a\n'); // '"a\\n"'
 * @example
 * describe(new Map()); // 'an instance of Map'
 */
export function describe(value: unknown): string {
  try {
    return describeReadable(value);
  } catch {
    // A revoked Proxy, or a getter that throws.
    return 'an object that cannot be read';
  }
}

/** Returns a key as code would show it, in printable ASCII. */
export function describeKey(key: PropertyKey): string {
  return printable(typeof key === 'string' ? `'${key}'` : String(key));
}

/** Returns whether the value is an Error. Never throws, as `instanceof` does for a revoked Proxy. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

function describeReadable(value: unknown): string {
  if (typeof value === 'string') {
    return printable(JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value));
  }
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'object' || value === null) return String(value);
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && /^\w{1,60}$/.test(name) && name !== 'Object'
    ? `an instance of ${name}`
    : 'an object';
}

/** Escapes what could break or forge a line of a log. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
