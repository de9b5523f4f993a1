import { record } from '@request-context/conformance/engine';
import { eq, sql } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { pgTable, text } from 'drizzle-orm/pg-core';
import { Pool } from 'pg';
import type { ClientCase } from '../src/run-case.ts';
import { services } from '../src/services.ts';
import { testClient } from '../src/test-client.ts';

interface Clients {
  readonly pool: Pool;
  readonly db: NodePgDatabase;
  readonly table: ReturnType<typeof tableOf>;
}

function tableOf(name: string) {
  return pgTable(name, { id: text('id') });
}

async function open(name: string): Promise<Clients> {
  const pool = new Pool({ connectionString: services.postgresql.url, max: 2 });
  const logger = {
    logQuery(_: string, params: unknown[]) {
      for (const id of params.slice(0, 1)) record(String(id), 'logQuery');
    },
  };
  const db = drizzle({ client: pool, logger });
  const table = tableOf(name);
  await db.execute(sql`CREATE TABLE ${table} (id text)`);
  return { pool, db, table };
}

async function close({ pool, db, table }: Clients): Promise<void> {
  await db.execute(sql`DROP TABLE ${table}`);
  await pool.end();
}

const cases: ClientCase<Clients>[] = [
  {
    title:
      '`await` of inserts, selects, prepared queries and `db.execute(sql)`; `logQuery` of the logger',
    places: ['insert', 'select', 'prepared', 'execute', 'catch', 'logQuery'],
    async use({ db, table }, { id, probe }) {
      await db.insert(table).values({ id });
      probe('insert');
      const [row] = await db.select().from(table).where(eq(table.id, id));
      probe('select');
      const byId = db
        .select()
        .from(table)
        .where(eq(table.id, sql.placeholder('id')));
      await byId.prepare('byId').execute({ id });
      probe('prepared');
      await db.execute(sql`SELECT ${id}::text`);
      probe('execute');
      await db.execute(sql`SELECT 1/0`).catch(() => probe('catch'));
      return String(row?.id);
    },
  },
  {
    title: '`db.transaction(callback)`',
    places: ['callback', 'insert', 'commit'],
    async use({ db, table }, { id, probe }) {
      const rows = await db.transaction(async (tx) => {
        probe('callback');
        const rows = await tx.insert(table).values({ id }).returning();
        probe('insert');
        return rows;
      });
      probe('commit');
      return String(rows[0]?.id);
    },
  },
];

testClient('drizzle-orm', 'postgresql', { open, close }, cases);
