import { types } from 'node:util';
import { dropRejection } from '@request-context/core/adapter';

/**
 * Keeps the rejection of a promise from being unhandled: what a function of the user returned or threw. Does nothing to
 * other values. No other thenable is awaited, as that would start it: superagent's requests are sent by it, and knex's
 * queries.
 *
 * @example
 * dropPromise(setter(carrier, name, value));
 */
export function dropPromise(value: unknown): void {
  if (types.isPromise(value)) dropRejection(value);
}
