/** Thrown by `require`, `set`, `delete` and `clear` outside of any context. */
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
