/**
 * The request carried an invalid id, and `onInvalid` is `'reject'`. Express, Koa, Fastify and others respond
 * with its `status`, 400.
 */
export class InvalidRequestIdError extends Error {
  override readonly name = 'InvalidRequestIdError';
  readonly code = 'ERR_INVALID_REQUEST_ID';
  readonly status = 400;
  readonly statusCode = 400;
  readonly expose = true;

  /** @param header - The name of the header that held the id. */
  constructor(header: string) {
    super(`The ${header} header does not hold a valid request id.`);
  }
}
