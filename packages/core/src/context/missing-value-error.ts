import { describeKey } from '../internal/describe.ts';

/** Thrown by `require` inside a context that has no value for the key. */
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
