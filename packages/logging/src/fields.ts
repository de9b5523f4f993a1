import { type ContextValues, context, InvalidOptionError } from '@request-context/core';
import { type Check, checkOptions } from '@request-context/core/adapter';

/** A name of a value in the context. */
export type ContextKey = Extract<keyof ContextValues, string>;

/** Which of the context's values are logged, and under which names. */
export interface FieldOptions {
  /**
   * The context's values to log: an array of their names, or an object that maps each name to that of its
   * field. Other values are not logged.
   * @default ['requestId']
   */
  keys?: readonly ContextKey[] | { readonly [Key in ContextKey]?: string } | undefined;
}

/** Fields for one log line, by their names. */
export type LogFields = Record<string, unknown>;

/** A value of the context, and the field that it is logged as. */
export type FieldName = readonly [key: ContextKey, field: string];

/** What is logged by default. */
export const defaultNames: readonly FieldName[] = [['requestId', 'requestId']];

const mustBe =
  "an array of the names of context values, such as ['requestId', 'tenant'], or an object that maps " +
  "them to their fields, such as { requestId: 'request_id' }";
const checks: { readonly keys: Check } = {
  keys: [(value) => typeof value === 'object' && value !== null, mustBe],
};

const readDefault = readerOf(defaultNames);

/**
 * Returns the fields to log with a line: `{ requestId }` while a request is handled, `{}` outside of any. It is for
 * loggers that have no entry in this package. Call it when the log call is made: what a logger does later, such as
 * flushing a queue, may run in another request.
 *
 * @example
 * process.stdout.write(`${JSON.stringify({ ...requestFields(), message })}\n`);
 * @example
 * requestFields({ keys: ['requestId', 'tenant'] }); // { requestId: 'myid', tenant: 'acme' }
 * @example
 * requestFields({ keys: { requestId: 'http.request.id' } }); // { 'http.request.id': 'myid' }
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function requestFields(options?: FieldOptions): LogFields {
  return options === undefined ? readDefault() : readerOf(fieldNames(options))();
}

/**
 * Checks the options. Returns each value's name with that of its field.
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function fieldNames(options: FieldOptions = {}): readonly FieldName[] {
  const { keys } = checkOptions(options, checks);
  if (keys === undefined) return defaultNames;
  const names: (readonly [unknown, unknown])[] = Array.isArray(keys)
    ? keys.map((key) => [key, key])
    : Object.entries(keys);
  if (names.length === 0) throw new InvalidOptionError('keys', `must be ${mustBe}, but is empty.`);
  const fields = new Set<unknown>();
  for (const [key, field] of names) {
    if (!isName(key) || !isName(field)) {
      throw new InvalidOptionError('keys', `must be ${mustBe}, but holds an invalid name.`);
    }
    if (fields.has(field)) {
      throw new InvalidOptionError('keys', `names the field ${JSON.stringify(field)} twice.`);
    }
    fields.add(field);
  }
  return names as unknown as FieldName[];
}

/**
 * Returns a function that reads the fields to log: a fresh object each time, with those of the values that the
 * context has. It leaves out fields that its argument has as well.
 */
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
  // Assigning to `__proto__` creates no field.
  return typeof name === 'string' && name !== '' && name !== '__proto__';
}
