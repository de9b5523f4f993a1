/** Headers as an object, by their names. */
export type Headers = Record<string, unknown>;

/** Returns whether `name` is the name of the header `key` (lower case), in any case. */
export function isNamed(name: unknown, key: string): boolean {
  return typeof name === 'string' && name.length === key.length && name.toLowerCase() === key;
}

/** Returns the names of the header `key` (lower case) among those of an object. */
export function namesOf(headers: Headers, key: string): string[] {
  return Object.keys(headers).filter((name) => isNamed(name, key));
}

/** Returns a copy of the headers, without those of the given names. */
export function withoutNames(headers: Headers, names: readonly string[]): Headers {
  const kept: Headers = Object.assign(Object.create(null), headers);
  for (const name of names) delete kept[name];
  return kept;
}
