import type { EventEmitter } from 'node:events';
import type { Visit } from './run-case.ts';

/** Reads an emitter's rows by its events. Resolves with the last row's id when the emitter ends. */
export function readByEvents(
  emitter: EventEmitter,
  { probe }: Visit,
  [rowEvent, end]: readonly [string, string] = ['data', 'end'],
): Promise<string> {
  return new Promise((resolve, reject) => {
    let id = 'no row';
    emitter.on(rowEvent, (row: { readonly id: string }) => {
      probe(rowEvent);
      if ('id' in row) id = row.id;
    });
    emitter.on(end, () => {
      probe(end);
      resolve(id);
    });
    emitter.on('error', reject);
  });
}

/** Reads an iterable's rows. Returns the last row's id. */
export async function readByLoop(
  rows: AsyncIterable<{ readonly id: string }>,
  { probe }: Visit,
): Promise<string> {
  let id = 'no row';
  for await (const row of rows) {
    probe('row');
    id = row.id;
  }
  probe('end');
  return id;
}
