/** A context was needed and there was none: thrown by `require`, `set`, `delete` and `clear`. */
export class NoContextError extends Error {
  override readonly name = 'NoContextError';
  readonly code = 'ERR_NO_CONTEXT';

  /** @param call - What was called, as the user wrote it: `context.set('user')`. */
  constructor(call: string) {
    super(
      `${call} was called outside of any context. Check that the code runs inside context.run(), ` +
        'or that the request id middleware is registered, before the routes and middleware that ' +
        'read the context; that a callback kept by a pool, a queue or an emitter was wrapped with ' +
        'context.bind() or context.bindEmitter(); and that a value of createContext() is read ' +
        'through the context object that it was set through (or that there are not two versions of ' +
        '@request-context/core: npm ls @request-context/core).',
    );
  }
}

/** There is a context, but it has no value for the key: thrown by `require`. */
export class MissingValueError extends Error {
  override readonly name = 'MissingValueError';
  readonly code = 'ERR_MISSING_VALUE';
  /** The key that was asked for. */
  readonly key: PropertyKey;

  constructor(key: PropertyKey) {
    super(
      `The context has no value for ${describeKey(key)}. Set it before it is read, with ` +
        'context.set(), in the values of context.run() or in the `values` option of the request id ' +
        'middleware; or read it with context.get(), which allows for its absence.',
    );
    this.key = key;
  }
}

/**
 * The request carried an id that is not fit to be adopted, and `onInvalid` is `'reject'`. Express,
 * Koa, Fastify and others answer with its `status`, 400.
 */
export class InvalidRequestIdError extends Error {
  override readonly name = 'InvalidRequestIdError';
  readonly code = 'ERR_INVALID_REQUEST_ID';
  readonly status = 400;
  readonly statusCode = 400;
  readonly expose = true;

  /** @param header - The name of the header that the id came in. */
  constructor(header: string) {
    super(`The ${header} header does not hold a valid request id.`);
  }
}

/** An option is unknown or has a value that it cannot have: thrown when the middleware is set up. */
export class InvalidOptionError extends TypeError {
  override readonly name = 'InvalidOptionError';
  readonly code = 'ERR_INVALID_OPTION';
  /** The name of the option. */
  readonly option: string;

  constructor(option: string, problem: string) {
    super(`Option \`${option}\` ${problem}`);
    this.option = option;
  }
}

/** A function among the options (`generate`, `trust`, ...) returned what it must not, or threw a non-Error. */
export class OptionResultError extends TypeError {
  override readonly name = 'OptionResultError';
  readonly code = 'ERR_OPTION_RESULT';
  /** The name of the option. */
  readonly option: string;

  constructor(option: string, problem: string, options?: ErrorOptions) {
    super(`The function of option \`${option}\` ${problem}`, options);
    this.option = option;
  }
}

export function describeKey(key: PropertyKey): string {
  return printable(typeof key === 'string' ? `'${key}'` : String(key));
}

/** Escapes what could break or forge a line of a log. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** What a value is, for an error message: short, and in printable ASCII. Never throws. */
export function describe(value: unknown): string {
  try {
    return describeReadable(value);
  } catch {
    // A revoked Proxy, or a getter that throws.
    return 'an object that cannot be read';
  }
}

/** Whether the value is an Error. Never throws, as `instanceof` does for a revoked Proxy. */
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
