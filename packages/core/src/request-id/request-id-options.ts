import type { ContextValues } from '../context/context.ts';

/**
 * Options of `requestId()`, the same in every adapter. They are read once, when the middleware is created;
 * later changes to the object have no effect. Only the object's own properties count: inherited ones, and the
 * getters of a class, are ignored.
 *
 * @typeParam Request - The request that the adapter passes to the functions among the options.
 */
export interface RequestIdOptions<Request> {
  /**
   * The header to read the id from and to echo it in.
   * @default 'X-Request-ID'
   */
  header?: string | undefined;
  /**
   * Further headers to read, in order, when `header` holds no valid id. Of `traceparent`, `X-Amzn-Trace-Id` and
   * `X-Cloud-Trace-Context`, only the trace id is read.
   * @default []
   */
  inbound?: readonly string[] | undefined;
  /**
   * Whose ids are accepted: those of all peers, of none, of socket peers by address (`'loopback'`, IP
   * addresses, CIDR ranges), or of those for which a function returns true. It must return true or false.
   * `X-Forwarded-For` is ignored. Ids of other peers are ignored too, without a call of `onInvalid`.
   * @default true
   */
  trust?: boolean | string | readonly string[] | ((request: Request) => boolean) | undefined;
  /**
   * Returns whether an inbound id is valid. It is not called for ids that are empty, longer than `maxLength`
   * or hold anything but printable ASCII: those are always invalid, as they could not be echoed unchanged.
   * @default only letters, digits and . _ ~ + / = @ : -
   */
  validate?: ((id: string) => boolean) | undefined;
  /**
   * The longest valid inbound id, in characters: a whole number from 1 to 8192.
   * @default 128
   */
  maxLength?: number | undefined;
  /**
   * Returns a fresh id: a string that `validate` or its default accepts, of at most `maxLength` or 128
   * characters, whichever is more. Any other result, and anything it throws, goes to the framework's error
   * handling.
   * @default a random UUID (version 4)
   */
  generate?: ((request: Request) => string) | undefined;
  /**
   * What happens when a trusted peer sends an invalid id: `'replace'` generates a fresh one, `'reject'`
   * responds with 400 unless a further inbound header holds a valid one, and a function is called with the
   * raw value, after which the id is replaced. Do not log the raw value unescaped. The function must not be
   * async, as nothing awaits it: a promise that it returns goes to the framework's error handling, as an
   * `OptionResultError`.
   * @default 'replace'
   */
  onInvalid?: OnInvalid<Request> | undefined;
  /**
   * Whether responses carry the id in `header`.
   * @default true
   */
  echo?: boolean | undefined;
  /**
   * Whether `header` is appended to the response's `Access-Control-Expose-Headers`, so that scripts of other
   * origins can read it.
   * @default false
   */
  exposeHeader?: boolean | undefined;
  /**
   * Returns more values to start the context with. They cannot change the id itself.
   * @default none
   */
  values?: ((request: Request) => Partial<ContextValues>) | undefined;
}

/** What happens when a trusted peer sends an invalid id. */
type OnInvalid<Request> = 'replace' | 'reject' | ((raw: string, request: Request) => NotPromise);

/** What a function may return that nothing awaits: anything but a promise. */
type NotPromise =
  // biome-ignore lint/suspicious/noConfusingVoidType: of functions that return nothing
  void | string | number | bigint | boolean | symbol | null | undefined | NoThen;

type NoThen = object & { readonly then?: never };
