import { record } from '@request-context/conformance/engine';
import { context } from '@request-context/core';
import { Client, Pool, type PoolClient, Query } from 'pg';
import QueryStream from 'pg-query-stream';
import { createPool, listen, notify, queryWithNotices } from '../recipes/pg.ts';
import { failingQueryCase, poolCase } from '../src/pool-case.ts';
import { readByEvents, readByLoop } from '../src/read-rows.ts';
import type { ClientCase } from '../src/run-case.ts';
import { services } from '../src/services.ts';
import { testClient } from '../src/test-client.ts';

type Scope = ReturnType<typeof context.snapshot>;

interface Pg {
  readonly pool: Pool;
  readonly listener: Client;
  /** The name of a table, and of a channel. */
  readonly name: string;
  /** The scope in which the pool emitted 'acquire' for a client. */
  readonly acquiredIn: WeakMap<PoolClient, Scope>;
}

interface Row {
  readonly id: string;
}

const connectionString = services.postgresql.url;
const echo = 'SELECT $1::text AS id';
const failing = 'SELECT 1/0';
const noticing = `DO $$ BEGIN RAISE NOTICE 'hello'; END $$`;

async function open(name: string, withRecipe: boolean): Promise<Pg> {
  const options = { connectionString, max: 2 };
  const pool = withRecipe ? createPool(options) : new Pool(options);
  const acquiredIn = new WeakMap<PoolClient, Scope>();
  pool.on('acquire', (client) => acquiredIn.set(client, context.snapshot()));
  const listener = new Client({ connectionString });
  await listener.connect();
  await listener.query(`CREATE TABLE ${name} (id text)`);
  const handle = ({ id }: Row) => record(id, 'notification');
  if (withRecipe) await listen(listener, name, handle);
  else {
    await listener.query(`LISTEN ${name}`);
    listener.on('notification', ({ payload = '' }) => handle(JSON.parse(payload)));
  }
  return { pool, listener, name, acquiredIn };
}

async function close({ pool, listener, name }: Pg): Promise<void> {
  await pool.end();
  await listener.query(`DROP TABLE ${name}`);
  await listener.end();
}

/** Uses a client of the pool, and releases it. */
async function withClient<T>(pool: Pool, use: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  return use(client).finally(() => client.release());
}

function queryNoticing(pool: Pool, onNotice: () => void): Promise<unknown> {
  return withClient(pool, async (client) => {
    client.on('notice', onNotice);
    await client.query(noticing);
    client.off('notice', onNotice);
  });
}

async function terminate(client: PoolClient): Promise<void> {
  const isOver = new Promise((resolve) => client.once('end', resolve));
  await client.query('SELECT pg_terminate_backend(pg_backend_pid())').catch(() => {});
  await isOver;
  client.release(true);
}

const cases: ClientCase<Pg>[] = [
  {
    title: '`await pool.query(sql)`',
    places: ['then', 'catch'],
    async use({ pool }, { id, probe }) {
      const { rows } = await pool.query<Row>(echo, [id]);
      probe('then');
      await pool.query(failing).catch(() => probe('catch'));
      return String(rows[0]?.id);
    },
  },
  {
    title: '`await pool.connect()`, a transaction on the client',
    places: ['connect', 'begin', 'insert', 'commit'],
    use: ({ pool, name }, { id, probe }) =>
      withClient(pool, async (client) => {
        probe('connect');
        await client.query('BEGIN');
        probe('begin');
        const insert = `INSERT INTO ${name} VALUES ($1) RETURNING id`;
        const { rows } = await client.query<Row>(insert, [id]);
        probe('insert');
        await client.query('COMMIT');
        probe('commit');
        return String(rows[0]?.id);
      }),
  },
  {
    title: '`for await (const row of client.query(new QueryStream(sql)))`',
    places: ['row', 'end'],
    use: ({ pool }, visit) =>
      withClient(pool, (client) =>
        readByLoop(client.query(new QueryStream(echo, [visit.id])), visit),
      ),
  },
  poolCase(
    '`pool.query(sql, callback)`',
    ['callback'],
    (pool, { id, probe }) =>
      new Promise((resolve) => {
        pool.query<Row>(echo, [id], (error, result) => {
          probe('callback');
          resolve(error?.message ?? String(result.rows[0]?.id));
        });
      }),
  ),
  failingQueryCase(failing),
  poolCase(
    '`pool.connect(callback)`, `client.query(sql, callback)`',
    ['connect', 'query'],
    (pool, { id, probe }) =>
      new Promise((resolve, reject) => {
        pool.connect((error, client, release) => {
          probe('connect');
          if (client === undefined) return reject(error);
          client.query<Row>(echo, [id], (error, result) => {
            probe('query');
            release();
            resolve(error?.message ?? String(result.rows[0]?.id));
          });
        });
      }),
  ),
  poolCase('`row` and `end` of `client.query(new Query(sql))`', ['row', 'end'], (pool, visit) =>
    withClient(pool, (client) =>
      readByEvents(client.query(new Query(echo, [visit.id])), visit, ['row', 'end']),
    ),
  ),
  poolCase('`error` of `client.query(new Query(sql))`', ['error'], (pool, { id, probe }) =>
    withClient(pool, async (client) => {
      const query = client.query(new Query(failing));
      await new Promise<void>((resolve) => {
        query.on('error', () => {
          probe('error');
          resolve();
        });
      });
      return id;
    }),
  ),
  poolCase(
    '`data` and `end` of `client.query(new QueryStream(sql))`',
    ['data', 'end'],
    (pool, visit) =>
      withClient(pool, (client) =>
        readByEvents(client.query(new QueryStream(echo, [visit.id])), visit),
      ),
  ),
  {
    title: '`notice` of a client',
    places: ['notice'],
    recipe: '`context.bind(listener)`',
    async use({ pool }, { id, probe, withRecipe }) {
      const onNotice = () => probe('notice');
      if (withRecipe) await queryWithNotices(pool, noticing, onNotice);
      else await queryNoticing(pool, onNotice);
      return id;
    },
  },
  {
    title: '`error` and `end` of a client whose connection breaks',
    places: ['error', 'end'],
    recipe: '`context.bind(listener)`',
    async use({ pool }, { id, probe, bind }) {
      const client = await pool.connect();
      client.on(
        'error',
        bind(() => probe('error')),
      );
      client.on(
        'end',
        bind(() => probe('end')),
      );
      await terminate(client);
      return id;
    },
  },
  {
    title: '`acquire` of the pool',
    places: ['acquire'],
    recipe: 'after `await pool.connect()`',
    use: ({ pool, acquiredIn }, { id, probe, withRecipe }) =>
      withClient(pool, async (client) => {
        if (withRecipe) probe('acquire');
        else acquiredIn.get(client)?.(() => probe('acquire'));
        return id;
      }),
  },
  {
    title: '`notification` of a client that listens',
    places: ['notification'],
    recipe: '`context.run(values, handle)`',
    async use({ pool, name }, { id }) {
      await notify(pool, name, { id });
      return id;
    },
  },
];

testClient('pg', 'postgresql', { open, close }, cases);
