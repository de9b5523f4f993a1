import { v4 } from 'uuid';

/** Returns a fresh request id: a random UUID (version 4, RFC 9562). */
export function newRequestId(): string {
  return v4();
}
