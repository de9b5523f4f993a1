import { type ContextValues, context, InvalidOptionError } from '@request-context/core';

/** A name of a value in the context. */
export type ContextKey = Extract<keyof ContextValues, string>;

/** Which of the context's values are logged, and under which names. */
export interface FieldOptions {
  /**
   * The context's values to log: an array of their names, or an object that gives each the name of
   * its field. Those that are not named are not logged.
   * @default ['requestId']
   */
  keys?: readonly ContextKey[] | { readonly [Key in ContextKey]?: string } | undefined;
}

/** Fields for one log line, by their names. */
export type LogFields = Record<string, unknown>;

/** A value of the context, and the field that it is logged as. */
export type FieldName = readonly [key: ContextKey, field: string];

/** What is logged unless `keys` is given. */
export const defaultNames: readonly FieldName[] = [['requestId', 'requestId']];

const mustBe =
  "must be an array of the names of context values, such as ['requestId', 'tenant'], or an object " +
  "that names their fields, such as { requestId: 'request_id' }";

/**
 * Checks the options. Returns each value's name with that of its field. Only properties of their own
 * count, and each is read once: what is used is what was checked.
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has a value that it cannot have
 */
export function fieldNames(options: FieldOptions = {}): readonly FieldName[] {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidOptionError('options', `must be an object, but is ${kindOf(options)}.`);
  }
  for (const option of Object.keys(options)) {
    if (option !== 'keys') {
      throw new InvalidOptionError(option, 'is not known. The only option is: keys.');
    }
  }
  const keys: unknown = Object.hasOwn(options, 'keys') ? options.keys : undefined;
  if (keys === undefined) return defaultNames;
  if (typeof keys !== 'object' || keys === null) {
    throw new InvalidOptionError('keys', `${mustBe}, but is ${kindOf(keys)}.`);
  }
  const names = Array.isArray(keys)
    ? ownElements(keys).map((key) => [key, key])
    : Object.entries(keys);
  if (names.length === 0) throw new InvalidOptionError('keys', `${mustBe}, but names nothing.`);
  const fields = new Set<unknown>();
  for (const [key, field] of names) {
    if (!isName(key) || !isName(field)) {
      throw new InvalidOptionError('keys', `${mustBe}, but holds what cannot be a name.`);
    }
    if (fields.has(field)) {
      throw new InvalidOptionError('keys', `names the field ${JSON.stringify(field)} twice.`);
    }
    fields.add(field);
  }
  return names as unknown as FieldName[];
}

/**
 * Returns a function that reads the fields to log: a fresh object each time, with those values that
 * the context has. Fields that its argument has as well are left out.
 */
export function fieldReader(options?: FieldOptions): (without?: object) => LogFields {
  return readerOf(fieldNames(options));
}

/** Does the same for names that have been checked. */
export function readerOf(names: readonly FieldName[]): (without?: object) => LogFields {
  return (without) => {
    const fields: LogFields = {};
    for (let index = 0; index < names.length; index++) {
      const [key, field] = names[index] as FieldName;
      const value = context.get(key);
      if (value === undefined) continue;
      if (without === undefined || !Object.hasOwn(without, field)) fields[field] = value;
    }
    return fields;
  };
}

function isName(name: unknown): boolean {
  // To assign to `__proto__` makes no field.
  return typeof name === 'string' && name !== '' && name !== '__proto__';
}

/** Not by the array's methods, which may be anybody's. */
function ownElements(list: readonly unknown[]): unknown[] {
  return Array.from({ length: list.length }, (_, index) =>
    Object.hasOwn(list, index) ? list[index] : undefined,
  );
}

/** Returns what kind of value it is, for an error message. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
}
