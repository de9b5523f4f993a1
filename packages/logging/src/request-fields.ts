import { type FieldOptions, fieldReader, type LogFields } from './field-reader.ts';

const readDefault = fieldReader();

/**
 * The fields to log with a line: `{ requestId }` while a request is handled, `{}` outside of any. For
 * loggers that have no entry of their own in this package. Ask for them when the log call is made:
 * what a logger does later, as in flushing a queue, may run in another request.
 *
 * @example
 * process.stdout.write(`${JSON.stringify({ ...requestFields(), message })}\n`);
 * @example
 * requestFields({ keys: ['requestId', 'tenant'] }); // { requestId: 'myid', tenant: 'acme' }
 * @example
 * requestFields({ keys: { requestId: 'http.request.id' } }); // { 'http.request.id': 'myid' }
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has a value that it cannot have
 */
export function requestFields(options?: FieldOptions): LogFields {
  return options === undefined ? readDefault() : fieldReader(options)();
}
