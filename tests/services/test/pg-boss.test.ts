import { record } from '@request-context/conformance/engine';
import { context, getRequestId, newRequestId } from '@request-context/core';
import { Client } from 'pg';
import PgBoss from 'pg-boss';
import { expect, it } from 'vitest';
import { addJob, work } from '../recipes/pg-boss.ts';
import type { ClientCase, ClientSuite } from '../src/run-case.ts';
import { services } from '../src/services.ts';
import { testCases, withService } from '../src/test-client.ts';

interface Boss {
  readonly boss: PgBoss;
  /** The name of its schema, and of a queue. */
  readonly name: string;
  /** Called when a job is handled, by its id: pg-boss looks for jobs every two seconds. */
  readonly waiting: Map<string, () => void>;
}

interface Data {
  readonly id: string;
}

const suite: ClientSuite<Boss> & { create(name: string): Promise<Boss> } = {
  async create(name) {
    const connectionString = services.postgresql.url;
    // No maintenance: its timers and locks are not needed for a few seconds.
    const boss = new PgBoss({
      connectionString,
      schema: name,
      max: 2,
      supervise: false,
      schedule: false,
    });
    await boss.start();
    await boss.createQueue(name, { name, retryLimit: 2 });
    return { boss, name, waiting: new Map() };
  },
  async open(name) {
    const opened = await suite.create(name);
    await work<Data>(opened.boss, name, async ({ id }) => {
      await new Promise(setImmediate);
      record(id, 'job');
      opened.waiting.get(id)?.();
    });
    return opened;
  },
  async close({ boss, name }) {
    await boss.stop({ graceful: false, wait: true });
    const client = new Client({ connectionString: services.postgresql.url });
    await client.connect();
    await client.query(`DROP SCHEMA ${name} CASCADE`);
    await client.end();
  },
};

const cases: ClientCase<Boss>[] = [
  {
    title: 'the jobs of batches',
    places: ['job'],
    async use({ boss, name, waiting }, { id }) {
      const handled = new Promise<void>((resolve) => waiting.set(id, resolve));
      await addJob(boss, name, { id });
      await handled;
      return id;
    },
  },
];

testCases('pg-boss', 'postgresql', suite, cases);

withService('postgresql', 'pg-boss', () => {
  it('keep the id of a job that is tried again, and of no other', async () => {
    const opened = await suite.create(`rc_${newRequestId().replaceAll('-', '').slice(0, 12)}`);
    const { boss, name } = opened;
    await context.run({ requestId: 'id-1' }, () => addJob(boss, name, { id: 'a' }));
    await addJob(boss, name, { id: 'b' });
    const seen: [id: string, requestId: string | undefined][] = [];
    await context.run({ requestId: 'opener' }, () =>
      work<Data>(boss, name, async ({ id }) => {
        seen.push([id, getRequestId()]);
        if (seen.length <= 2) throw new Error('tried once');
      }),
    );
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(4);
    const fresh = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(seen).toEqual(
      expect.arrayContaining([
        ['a', 'id-1'],
        ['b', fresh],
      ]),
    );
    expect(seen.filter(([id]) => id === 'a')).toEqual([
      ['a', 'id-1'],
      ['a', 'id-1'],
    ]);
    await suite.close(opened);
  });
});
