import { context, getRequestId, newRequestId } from '@request-context/core';
import { Client, Pool, type PoolClient, Query } from 'pg';
import QueryStream from 'pg-query-stream';
import { carryThrough } from '../carry-through.ts';
import { services } from '../services.ts';
import type { ClientCase, ClientSuite, Exchange, Note } from '../types.ts';

interface Pg {
  readonly pool: Pool;
  /** The same, by the recipe. */
  readonly carried: Pool;
  readonly listener: Client;
  /** The name of a table. */
  readonly name: string;
  /** Which id was current when the pool emitted 'acquire' for a client. */
  readonly acquiredAs: WeakMap<PoolClient, string | undefined>;
}

interface Row {
  readonly id: string;
}

const connectionString = services.postgresql.url;
const echo = 'SELECT $1::text AS id';
const failing = 'SELECT 1/0';
const noticing = `DO $$ BEGIN RAISE NOTICE 'hello'; END $$`;

async function open(name: string, note: Note): Promise<Pg> {
  const pool = new Pool({ connectionString, max: 2 });
  const acquiredAs = new WeakMap<PoolClient, string | undefined>();
  pool.on('acquire', (client) => acquiredAs.set(client, getRequestId()));
  const listener = new Client({ connectionString });
  await listener.connect();
  await listener.query(`CREATE TABLE ${name} (id text)`);
  await listenPlainly(listener, `${name}_plain`, (id) => {
    note(id, 'notification', getRequestId());
  });
  await listen(listener, `${name}_carried`, (id) => {
    note(id, 'notification', getRequestId());
  });
  return { pool, carried: carriedPool(), listener, name, acquiredAs };
}

async function close({ pool, carried, listener, name }: Pg): Promise<void> {
  await Promise.all([pool.end(), carried.end()]);
  await listener.query(`DROP TABLE ${name}`);
  await listener.end();
}

function carriedPool(): Pool {
  const pool = new Pool({ connectionString, max: 2 });
  carryThrough(pool, 'connect');
  pool.on('connect', (client) => carryThrough(client, 'query'));
  return pool;
}

async function listenPlainly(
  listener: Client,
  channel: string,
  handle: (payload: string) => void,
): Promise<void> {
  await listener.query(`LISTEN ${channel}`);
  listener.on('notification', (notification) => {
    if (notification.channel === channel) handle(notification.payload ?? '');
  });
}

async function listen(
  listener: Client,
  channel: string,
  handle: (payload: string) => void,
): Promise<void> {
  await listener.query(`LISTEN ${channel}`);
  listener.on('notification', (notification) => {
    if (notification.channel !== channel) return;
    const { payload = newRequestId() } = notification;
    context.run({ requestId: payload }, () => handle(payload));
  });
}

function queryByCallback(pool: Pool, { id, probe }: Exchange): Promise<string> {
  return new Promise((resolve, reject) => {
    pool.query<Row>(echo, [id], (error, result) => {
      probe('callback');
      if (error) reject(error);
      else resolve(String(result.rows[0]?.id));
    });
  });
}

function failByCallback(pool: Pool, { id, probe }: Exchange): Promise<string> {
  return new Promise((resolve) => {
    pool.query(failing, (error) => {
      probe('callback');
      resolve(error ? id : 'no error');
    });
  });
}

function connectByCallback(pool: Pool, { id, probe }: Exchange): Promise<string> {
  return new Promise((resolve, reject) => {
    pool.connect((error, client, release) => {
      probe('connect');
      if (client === undefined) return reject(error);
      client.query<Row>(echo, [id], (error, result) => {
        probe('query');
        release();
        if (error) reject(error);
        else resolve(String(result.rows[0]?.id));
      });
    });
  });
}

async function queryEvents(pool: Pool, { id, probe }: Exchange): Promise<string> {
  const client = await pool.connect();
  const query = client.query(new Query<Row>(echo, [id]));
  return new Promise<string>((resolve, reject) => {
    let seen = 'no row';
    query.on('row', (row) => {
      probe('row');
      seen = row.id;
    });
    query.on('end', () => {
      probe('end');
      resolve(seen);
    });
    query.on('error', reject);
  }).finally(() => client.release());
}

async function queryError(pool: Pool, { id, probe }: Exchange): Promise<string> {
  const client = await pool.connect();
  const query = client.query(new Query(failing));
  return new Promise<string>((resolve) => {
    query.on('error', () => {
      probe('error');
      resolve(id);
    });
  }).finally(() => client.release());
}

async function streamEvents(pool: Pool, { id, probe }: Exchange): Promise<string> {
  const client = await pool.connect();
  const stream = client.query(new QueryStream(echo, [id]));
  return new Promise<string>((resolve, reject) => {
    let seen = 'no row';
    stream.on('data', (row: Row) => {
      probe('data');
      seen = row.id;
    });
    stream.on('end', () => {
      probe('end');
      resolve(seen);
    });
    stream.on('error', reject);
  }).finally(() => client.release());
}

async function terminate(client: PoolClient): Promise<void> {
  const isOver = new Promise((resolve) => client.once('end', resolve));
  await client.query('SELECT pg_terminate_backend(pg_backend_pid())').catch(() => {});
  await isOver;
  client.release(true);
}

/** A case that a plain pool gets wrong at every place. */
function poolCase(
  title: string,
  places: readonly string[],
  use: (pool: Pool, exchange: Exchange) => Promise<string>,
): ClientCase<Pg> {
  return {
    title,
    places,
    use: ({ pool }, exchange) => use(pool, exchange),
    wrong: {
      places,
      recipe: '`carryThrough()`',
      use: ({ carried }, exchange) => use(carried, exchange),
    },
  };
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
    async use({ pool, name }, { id, probe }) {
      const client = await pool.connect();
      probe('connect');
      await client.query('BEGIN');
      probe('begin');
      const insert = `INSERT INTO ${name} VALUES ($1) RETURNING id`;
      const { rows } = await client.query<Row>(insert, [id]);
      probe('insert');
      await client.query('COMMIT');
      probe('commit');
      client.release();
      return String(rows[0]?.id);
    },
  },
  {
    title: '`for await (const row of client.query(new QueryStream(sql)))`',
    places: ['row', 'end'],
    async use({ pool }, { id, probe }) {
      const client = await pool.connect();
      let seen = 'no row';
      for await (const row of client.query(new QueryStream(echo, [id]))) {
        probe('row');
        seen = row.id;
      }
      probe('end');
      client.release();
      return seen;
    },
  },
  poolCase('`pool.query(sql, callback)`', ['callback'], queryByCallback),
  poolCase('`pool.query(sql, callback)` with an error', ['callback'], failByCallback),
  poolCase(
    '`pool.connect(callback)`, `client.query(sql, callback)`',
    ['connect', 'query'],
    connectByCallback,
  ),
  poolCase('`row` and `end` of `client.query(new Query(sql))`', ['row', 'end'], queryEvents),
  poolCase('`error` of `client.query(new Query(sql))`', ['error'], queryError),
  poolCase(
    '`data` and `end` of `client.query(new QueryStream(sql))`',
    ['data', 'end'],
    streamEvents,
  ),
  {
    title: '`notice` of a client',
    places: ['notice'],
    async use({ pool }, { id, probe }) {
      const client = await pool.connect();
      const log = () => probe('notice');
      client.on('notice', log);
      await client.query(noticing);
      client.off('notice', log);
      client.release();
      return id;
    },
    wrong: {
      places: ['notice'],
      recipe: '`context.bind(listener)`',
      async use({ pool }, { id, probe }) {
        const client = await pool.connect();
        const log = context.bind(() => probe('notice'));
        client.on('notice', log);
        await client.query(noticing);
        client.off('notice', log);
        client.release();
        return id;
      },
    },
  },
  {
    title: '`error` and `end` of a client whose connection breaks',
    places: ['error', 'end'],
    async use({ pool }, { id, probe }) {
      const client = await pool.connect();
      client.on('error', () => probe('error'));
      client.on('end', () => probe('end'));
      await terminate(client);
      return id;
    },
    wrong: {
      places: ['error', 'end'],
      recipe: '`context.bind(listener)`',
      async use({ pool }, { id, probe }) {
        const client = await pool.connect();
        const report = context.bind(probe);
        client.on('error', () => report('error'));
        client.on('end', () => report('end'));
        await terminate(client);
        return id;
      },
    },
  },
  {
    title: '`acquire` of the pool',
    places: ['acquire'],
    async use({ pool, acquiredAs }, { id, note }) {
      const client = await pool.connect();
      note('acquire', acquiredAs.get(client));
      client.release();
      return id;
    },
    wrong: {
      places: ['acquire'],
      recipe: 'after `await pool.connect()`',
      async use({ pool }, { id, probe }) {
        const client = await pool.connect();
        probe('acquire');
        client.release();
        return id;
      },
    },
  },
  {
    title: '`notification` of a client that listens',
    places: ['notification'],
    async use({ pool, name }, { id }) {
      await pool.query('SELECT pg_notify($1, $2)', [`${name}_plain`, id]);
      return id;
    },
    wrong: {
      places: ['notification'],
      recipe: '`context.run(values, handle)`',
      async use({ pool, name }, { id }) {
        await pool.query('SELECT pg_notify($1, $2)', [`${name}_carried`, id]);
        return id;
      },
    },
  },
];

export const pg: ClientSuite<Pg> = { name: 'pg', service: 'postgresql', open, close, cases };
