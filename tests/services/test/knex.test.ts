import { record } from '@request-context/conformance/engine';
import createKnex, { type Knex } from 'knex';
import { streamOf } from '../recipes/knex.ts';
import { readByEvents, readByLoop } from '../src/read-rows.ts';
import type { ClientCase } from '../src/run-case.ts';
import { services } from '../src/services.ts';
import { testClient } from '../src/test-client.ts';

interface Clients {
  readonly knex: Knex;
  /** The name of a table. */
  readonly name: string;
}

interface Row {
  readonly id: string;
}

const echo = 'SELECT ?::text AS id';

async function open(name: string): Promise<Clients> {
  const knex = createKnex({
    client: 'pg',
    connection: services.postgresql.url,
    pool: { min: 0, max: 2 },
    postProcessResponse(result, queryContext) {
      if (queryContext) record(queryContext.id, 'postProcessResponse');
      return result;
    },
  });
  await knex.schema.createTable(name, (table) => {
    table.text('id');
  });
  // Each request adds listeners.
  knex.setMaxListeners(0);
  return { knex, name };
}

async function close({ knex, name }: Clients): Promise<void> {
  await knex.schema.dropTable(name);
  await knex.destroy();
}

const cases: ClientCase<Clients>[] = [
  {
    title: '`await knex(table).where()` and `knex.raw(sql)`',
    places: ['insert', 'select', 'raw', 'catch'],
    async use({ knex, name }, { id, probe }) {
      await knex(name).insert({ id });
      probe('insert');
      const [row] = await knex<Row>(name).where({ id });
      probe('select');
      await knex.raw(echo, [id]);
      probe('raw');
      await knex.raw('SELECT 1/0').catch(() => probe('catch'));
      return String(row?.id);
    },
  },
  {
    title: '`query.asCallback(callback)`',
    places: ['callback'],
    use: ({ knex }, { id, probe }) =>
      new Promise((resolve) => {
        knex.raw(echo, [id]).asCallback((_: unknown, { rows }: { rows: Row[] }) => {
          probe('callback');
          resolve(String(rows[0]?.id));
        });
      }),
  },
  {
    title: '`knex.transaction(callback)` and `await knex.transaction()`',
    places: ['callback', 'insert', 'commit', 'transaction'],
    async use({ knex, name }, { id, probe }) {
      const rows = await knex.transaction(async (trx) => {
        probe('callback');
        const rows = await trx<Row>(name).insert({ id }).returning('id');
        probe('insert');
        return rows;
      });
      probe('commit');
      const trx = await knex.transaction();
      probe('transaction');
      await trx.rollback();
      return String(rows[0]?.id);
    },
  },
  {
    title: '`start`, `query` and `query-response` of a query, `postProcessResponse`',
    places: ['start', 'query', 'query-response', 'postProcessResponse'],
    async use({ knex, name }, { id, probe }) {
      const query = knex<Row>(name).where({ id }).queryContext({ id });
      query.on('start', () => probe('start'));
      query.on('query', () => probe('query'));
      query.on('query-response', () => probe('query-response'));
      await query;
      return id;
    },
  },
  {
    title: '`query` and `query-response` of knex',
    places: ['query', 'query-response'],
    async use({ knex }, { id, probe }) {
      const isOwn = ({ bindings }: { bindings?: unknown[] }) => bindings?.[0] === id;
      knex.on('query', (query) => {
        if (isOwn(query)) probe('query');
      });
      knex.on('query-response', (_, query) => {
        if (isOwn(query)) probe('query-response');
      });
      const { rows } = await knex.raw<{ rows: Row[] }>(echo, [id]);
      return String(rows[0]?.id);
    },
  },
  {
    title: '`for await (const row of query.stream())`',
    places: ['row', 'end'],
    use: ({ knex }, visit) => readByLoop(knex.raw(echo, [visit.id]).stream(), visit),
  },
  {
    title: '`data` and `end` of `query.stream()`',
    places: ['data', 'end'],
    recipe: '`context.bindEmitter(stream)`',
    use({ knex }, visit) {
      const query = knex.raw(echo, [visit.id]);
      return readByEvents(visit.withRecipe ? streamOf(query) : query.stream(), visit);
    },
  },
];

testClient('knex', 'postgresql', { open, close }, cases);
