import type { Readable } from 'node:stream';
import { context } from '@request-context/core';
import type { Knex } from 'knex';

/** Streams a query's rows. The stream's events are the request's. */
export function streamOf(query: Knex.Raw): Readable {
  return context.bindEmitter(query.stream());
}
