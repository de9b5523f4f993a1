import { createPropagator } from '@request-context/propagation';
import type PgBoss from 'pg-boss';

const propagator = createPropagator();

/** What a job holds: pg-boss has no headers. */
interface Envelope<Data> {
  readonly headers: object;
  readonly data: Data;
}

/** Adds a job that carries the request's id. */
export async function addJob(boss: PgBoss, queue: string, data: object): Promise<void> {
  await boss.send(queue, { data, headers: propagator.inject({}) });
}

/** Handles the jobs of a queue, each with the id that it carries. */
export async function work<Data>(
  boss: PgBoss,
  queue: string,
  handle: (data: Data) => Promise<void>,
): Promise<void> {
  await boss.work<Envelope<Data>>(queue, { batchSize: 100 }, async (jobs) => {
    const tasks = jobs.map(({ data: { data, headers } }) =>
      propagator.run(headers, () => handle(data)),
    );
    await Promise.all(tasks);
  });
}
