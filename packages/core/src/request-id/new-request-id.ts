import { v4 } from 'uuid';

/**
 * Returns a fresh request id: a random UUID (version 4, RFC 9562).
 *
 * @example
 * context.run({ requestId: newRequestId() }, () => handle(job));
 */
export function newRequestId(): string {
  return v4();
}
