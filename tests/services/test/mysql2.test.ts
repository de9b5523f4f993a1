import { context } from '@request-context/core';
import { createPool as createPlainPool, type Pool, type RowDataPacket } from 'mysql2';
import type { PoolConnection } from 'mysql2/promise';
import { createPool } from '../recipes/mysql2.ts';
import { failingQueryCase, poolCase } from '../src/pool-case.ts';
import { readByEvents, readByLoop } from '../src/read-rows.ts';
import type { ClientCase, Visit } from '../src/run-case.ts';
import { services } from '../src/services.ts';
import { testClient } from '../src/test-client.ts';

type Scope = ReturnType<typeof context.snapshot>;

interface Mysql {
  readonly pool: Pool;
  /** The name of a table. */
  readonly name: string;
  /** The scope in which the pool emitted 'acquire' for a connection. */
  readonly acquiredIn: WeakMap<object, Scope>;
}

interface Row extends RowDataPacket {
  readonly id: string;
}

const echo = 'SELECT ? AS id';
const failing = 'SELECT nothing';

async function open(name: string, withRecipe: boolean): Promise<Mysql> {
  const options = { uri: services.mysql.url, connectionLimit: 2 };
  const pool = withRecipe ? createPool(options) : createPlainPool(options);
  const acquiredIn = new WeakMap<object, Scope>();
  pool.on('acquire', (connection) => acquiredIn.set(connection, context.snapshot()));
  await pool.promise().query(`CREATE TABLE ${name} (id VARCHAR(64))`);
  return { pool, name, acquiredIn };
}

async function close({ pool, name }: Mysql): Promise<void> {
  await pool.promise().query(`DROP TABLE ${name}`);
  await pool.promise().end();
}

type Done = (error: Error | null, rows: Row[]) => void;

function callbackCase(
  method: string,
  ask: (pool: Pool, id: string, done: Done) => unknown,
): ClientCase<Mysql> {
  const use = (pool: Pool, { id, probe }: Visit) =>
    new Promise<string>((resolve) => {
      ask(pool, id, (error, rows) => {
        probe('callback');
        resolve(error?.message ?? String(rows[0]?.id));
      });
    });
  return poolCase(`\`pool.${method}(sql, callback)\``, ['callback'], use);
}

const cases: ClientCase<Mysql>[] = [
  {
    title: '`await pool.promise().query(sql)` and `execute(sql)`',
    places: ['query', 'execute', 'catch'],
    async use({ pool }, { id, probe }) {
      const promised = pool.promise();
      await promised.query(echo, [id]);
      probe('query');
      const [rows] = await promised.execute<Row[]>(echo, [id]);
      probe('execute');
      await promised.query(failing).catch(() => probe('catch'));
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
    use: ({ pool }, visit) => readByLoop(pool.query<Row[]>(echo, [visit.id]).stream(), visit),
  },
  callbackCase('query', (pool, id, done) => pool.query<Row[]>(echo, [id], done)),
  callbackCase('execute', (pool, id, done) => pool.execute<Row[]>(echo, [id], done)),
  failingQueryCase(failing),
  poolCase(
    '`pool.getConnection(callback)`, `connection.execute(sql, callback)`',
    ['connect', 'execute'],
    (pool, { id, probe }) =>
      new Promise((resolve, reject) => {
        pool.getConnection((error, connection) => {
          probe('connect');
          if (error) return reject(error);
          connection.execute<Row[]>(echo, [id], (error, rows) => {
            probe('execute');
            connection.release();
            resolve(error?.message ?? String(rows[0]?.id));
          });
        });
      }),
  ),
  poolCase(
    '`fields`, `result` and `end` of `pool.query(sql)`',
    ['fields', 'result', 'end'],
    (pool, visit) => {
      const query = pool.query<Row[]>(echo, [visit.id]);
      query.on('fields', () => visit.probe('fields'));
      return readByEvents(query, visit, ['result', 'end']);
    },
  ),
  poolCase(
    '`error` of `pool.query(sql)`',
    ['error'],
    (pool, { id, probe }) =>
      new Promise((resolve) => {
        pool.query(failing).on('error', () => {
          probe('error');
          resolve(id);
        });
      }),
  ),
  poolCase('`data` and `end` of `pool.query(sql).stream()`', ['data', 'end'], (pool, visit) =>
    readByEvents(pool.query<Row[]>(echo, [visit.id]).stream(), visit),
  ),
  {
    title: '`end` of a connection that breaks',
    places: ['end'],
    recipe: '`context.bind(listener)`',
    async use({ pool }, { id, probe, bind }) {
      const connection = await pool.promise().getConnection();
      connection.connection.on(
        'end',
        bind(() => probe('end')),
      );
      await breakOff(connection);
      return id;
    },
  },
  {
    title: '`acquire` of the pool',
    places: ['acquire'],
    recipe: 'after `await pool.promise().getConnection()`',
    async use({ pool, acquiredIn }, { id, probe, withRecipe }) {
      const connection = await pool.promise().getConnection();
      if (withRecipe) probe('acquire');
      else acquiredIn.get(connection.connection)?.(() => probe('acquire'));
      connection.release();
      return id;
    },
  },
];

async function breakOff(connection: PoolConnection): Promise<void> {
  const isOver = new Promise((resolve) => connection.connection.once('end', resolve));
  await connection.query('KILL CONNECTION_ID()').catch(() => {});
  await isOver;
  connection.destroy();
}

testClient('mysql2', 'mysql', { open, close }, cases);
