import {
  type FieldName,
  type FieldOptions,
  fieldNames,
  type LogFields,
  readerOf,
} from './fields.ts';

/** A mixin of pino, which calls it with the logged object, the level's number and the logger. */
export type Mixin = (mergeObject?: object, level?: number, logger?: object) => LogFields;

/**
 * Returns a mixin for pino that adds the id of the request that is being handled to every line. For pino 8.16 and
 * later.
 *
 * ## Never overrides a field that is there
 *
 * A field of the same name in the log call, a child logger or `base` wins, unless its value is undefined: pino
 * omits such a field.
 *
 * @example
 * const logger = pino({ mixin: requestContextMixin() });
 * @example
 * const logger = pino({ mixin: requestContextMixin({ keys: { requestId: 'http.request.id' } }) });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function requestContextMixin(options?: FieldOptions): Mixin {
  const names = fieldNames(options);
  const readFields = readerOf(names);
  const readBindings = bindingsReader(names);
  // A fresh object for each line, as pino assigns the logged object to it. A child's fields are text already when
  // pino calls mixins: it would write a name twice, and parsers take the last.
  return (mergeObject, _level, logger) => {
    const fields = readFields(logger === undefined ? undefined : readBindings(logger));
    if (mergeObject) keepIfUndefined(fields, names, mergeObject);
    return fields;
  };
}

/** Keeps fields from being replaced when pino assigns the logged object, and its field of that name is undefined. */
function keepIfUndefined(
  fields: LogFields,
  names: readonly FieldName[],
  mergeObject: object,
): void {
  for (let index = 0; index < names.length; index++) {
    const [_, field] = names[index] as FieldName;
    if (!Object.hasOwn(fields, field) || !mayBeUndefined(mergeObject, field)) continue;
    let value = fields[field];
    Object.defineProperty(fields, field, {
      configurable: true,
      enumerable: true,
      get: () => value,
      set(replacement: unknown) {
        if (replacement !== undefined) value = replacement;
      },
    });
  }
}

/** Returns whether a field may be undefined. Calls no getter, as pino must call it only once. */
function mayBeUndefined(mergeObject: object, field: string): boolean {
  if (!Object.hasOwn(mergeObject, field)) return false;
  const own = Object.getOwnPropertyDescriptor(mergeObject, field);
  return own !== undefined && own.value === undefined;
}

interface KnownBindings {
  /** The text that they were read from. `setBindings()` replaces it. */
  readonly text: unknown;
  readonly bindings: object | undefined;
}

/**
 * Returns a function that returns the fields that a logger adds to all its lines, if one of `names` is among
 * them. It reads them once.
 */
function bindingsReader(names: readonly FieldName[]): (logger: object) => object | undefined {
  const known = new WeakMap<object, KnownBindings>();
  let symbol: symbol | undefined;
  return (logger) => {
    if (symbol === undefined || !(symbol in logger)) symbol = findSymbol(logger);
    if (symbol === undefined) return undefined;
    const text = (logger as Record<symbol, unknown>)[symbol];
    let entry = known.get(logger);
    if (entry === undefined || entry.text !== text) {
      const bindings = parseBindings(text);
      const isClash = names.some(([_, field]) => Object.hasOwn(bindings, field));
      entry = { text, bindings: isClash ? bindings : undefined };
      known.set(logger, entry);
    }
    return entry.bindings;
  };
}

/**
 * Returns pino's key for the text of a logger's bindings. It is one of `pino.symbols`, but a process may have
 * several copies of pino: Fastify has its own.
 */
function findSymbol(logger: object): symbol | undefined {
  for (let at: object | null = logger; at !== null; at = Object.getPrototypeOf(at)) {
    const symbols = Object.getOwnPropertySymbols(at);
    const found = symbols.find(({ description }) => description === 'pino.chindings');
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Parses members of a JSON object, each after a comma: `,"pid":1,"name":"shop"`. */
function parseBindings(text: unknown): object {
  try {
    return JSON.parse(`{${String(text).slice(1)}}`);
  } catch {
    // A custom serializer may write anything. A log call must not throw.
    return {};
  }
}
