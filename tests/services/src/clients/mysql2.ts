import { context, getRequestId } from '@request-context/core';
import { createPool, type Pool, type PoolConnection, type RowDataPacket } from 'mysql2';
import { carryThrough } from '../carry-through.ts';
import { services } from '../services.ts';
import type { ClientCase, ClientSuite, Exchange } from '../types.ts';

interface Mysql {
  readonly pool: Pool;
  /** The same, by the recipe. */
  readonly carried: Pool;
  /** The name of a table. */
  readonly name: string;
  /** Which id was current when the pool emitted 'acquire' for a connection. */
  readonly acquiredAs: WeakMap<object, string | undefined>;
}

interface Row extends RowDataPacket {
  readonly id: string;
}

const uri = services.mysql.url;
const echo = 'SELECT ? AS id';
const failing = 'SELECT nothing';

async function open(name: string): Promise<Mysql> {
  const pool = createPool({ uri, connectionLimit: 2 });
  const acquiredAs = new WeakMap<object, string | undefined>();
  pool.on('acquire', (connection) => acquiredAs.set(connection, getRequestId()));
  const carried = carriedPool();
  await carried.promise().query(`CREATE TABLE ${name} (id VARCHAR(64))`);
  return { pool, carried, name, acquiredAs };
}

async function close({ pool, carried, name }: Mysql): Promise<void> {
  await carried.promise().query(`DROP TABLE ${name}`);
  await Promise.all([pool.promise().end(), carried.promise().end()]);
}

function carriedPool(): Pool {
  const pool = createPool({ uri, connectionLimit: 2 });
  carryThrough(pool, 'getConnection');
  carryThrough(pool, 'query');
  pool.on('connection', (connection) => {
    carryThrough(connection, 'query');
    carryThrough(connection, 'execute');
  });
  return pool;
}

function getConnection(pool: Pool): Promise<PoolConnection> {
  return new Promise((resolve, reject) => {
    pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection)));
  });
}

function queryByCallback(pool: Pool, { id, probe }: Exchange): Promise<string> {
  return new Promise((resolve, reject) => {
    pool.query<Row[]>(echo, [id], (error, rows) => {
      probe('callback');
      if (error) reject(error);
      else resolve(String(rows[0]?.id));
    });
  });
}

function executeByCallback(pool: Pool, { id, probe }: Exchange): Promise<string> {
  return new Promise((resolve, reject) => {
    pool.execute<Row[]>(echo, [id], (error, rows) => {
      probe('callback');
      if (error) reject(error);
      else resolve(String(rows[0]?.id));
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
    pool.getConnection((error, connection) => {
      probe('connect');
      if (error) return reject(error);
      connection.execute<Row[]>(echo, [id], (error, rows) => {
        probe('execute');
        connection.release();
        if (error) reject(error);
        else resolve(String(rows[0]?.id));
      });
    });
  });
}

function queryEvents(pool: Pool, { id, probe }: Exchange): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = 'no row';
    const query = pool.query<Row[]>(echo, [id]);
    query.on('fields', () => probe('fields'));
    query.on('result', (row) => {
      probe('result');
      if ('id' in row) seen = row.id;
    });
    query.on('end', () => {
      probe('end');
      resolve(seen);
    });
    query.on('error', reject);
  });
}

function queryError(pool: Pool, { id, probe }: Exchange): Promise<string> {
  return new Promise((resolve) => {
    pool.query(failing).on('error', () => {
      probe('error');
      resolve(id);
    });
  });
}

function streamEvents(pool: Pool, { id, probe }: Exchange): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = 'no row';
    const stream = pool.query<Row[]>(echo, [id]).stream();
    stream.on('data', (row: Row) => {
      probe('data');
      seen = row.id;
    });
    stream.on('end', () => {
      probe('end');
      resolve(seen);
    });
    stream.on('error', reject);
  });
}

/** Breaks a connection through another one. */
async function kill(connection: PoolConnection, through: Pool): Promise<void> {
  const isOver = new Promise((resolve) => connection.once('end', resolve));
  await through.promise().query('KILL ?', [connection.threadId]);
  await isOver;
  connection.destroy();
}

/** A case that a plain pool gets wrong at every place. */
function poolCase(
  title: string,
  places: readonly string[],
  use: (pool: Pool, exchange: Exchange) => Promise<string>,
): ClientCase<Mysql> {
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

const cases: ClientCase<Mysql>[] = [
  {
    title: '`await pool.promise().query(sql)` and `execute(sql)`',
    places: ['query', 'execute', 'catch'],
    async use({ pool }, { id, probe }) {
      await pool.promise().query(echo, [id]);
      probe('query');
      const [rows] = await pool.promise().execute<Row[]>(echo, [id]);
      probe('execute');
      await pool
        .promise()
        .query(failing)
        .catch(() => probe('catch'));
      return String(rows[0]?.id);
    },
  },
  {
    title: '`await pool.promise().getConnection()`, a transaction on the connection',
    places: ['connect', 'begin', 'insert', 'commit'],
    async use({ pool, name }, { id, probe }) {
      const connection = await pool.promise().getConnection();
      probe('connect');
      await connection.beginTransaction();
      probe('begin');
      await connection.query(`INSERT INTO ${name} VALUES (?)`, [id]);
      probe('insert');
      await connection.commit();
      probe('commit');
      const [rows] = await connection.query<Row[]>(`SELECT id FROM ${name} WHERE id = ?`, [id]);
      connection.release();
      return String(rows[0]?.id);
    },
  },
  {
    title: '`for await (const row of pool.query(sql).stream())`',
    places: ['row', 'end'],
    async use({ pool }, { id, probe }) {
      let seen = 'no row';
      for await (const row of pool.query<Row[]>(echo, [id]).stream()) {
        probe('row');
        seen = row.id;
      }
      probe('end');
      return seen;
    },
  },
  poolCase('`pool.query(sql, callback)`', ['callback'], queryByCallback),
  poolCase('`pool.execute(sql, callback)`', ['callback'], executeByCallback),
  poolCase('`pool.query(sql, callback)` with an error', ['callback'], failByCallback),
  poolCase(
    '`pool.getConnection(callback)`, `connection.execute(sql, callback)`',
    ['connect', 'execute'],
    connectByCallback,
  ),
  poolCase(
    '`fields`, `result` and `end` of `pool.query(sql)`',
    ['fields', 'result', 'end'],
    queryEvents,
  ),
  poolCase('`error` of `pool.query(sql)`', ['error'], queryError),
  poolCase('`data` and `end` of `pool.query(sql).stream()`', ['data', 'end'], streamEvents),
  {
    title: '`end` of a connection that breaks',
    places: ['end'],
    async use({ pool, carried }, { id, probe }) {
      const connection = await getConnection(pool);
      connection.on('end', () => probe('end'));
      await kill(connection, carried);
      return id;
    },
    wrong: {
      places: ['end'],
      recipe: '`context.bind(listener)`',
      async use({ pool, carried }, { id, probe }) {
        const connection = await getConnection(pool);
        const end = context.bind(() => probe('end'));
        connection.on('end', end);
        await kill(connection, carried);
        return id;
      },
    },
  },
  {
    title: '`acquire` of the pool',
    places: ['acquire'],
    async use({ pool, acquiredAs }, { id, note }) {
      const connection = await getConnection(pool);
      note('acquire', acquiredAs.get(connection));
      connection.release();
      return id;
    },
    wrong: {
      places: ['acquire'],
      recipe: 'after `await pool.promise().getConnection()`',
      async use({ pool }, { id, probe }) {
        const connection = await pool.promise().getConnection();
        probe('acquire');
        connection.release();
        return id;
      },
    },
  },
];

export const mysql2: ClientSuite<Mysql> = { name: 'mysql2', service: 'mysql', open, close, cases };
