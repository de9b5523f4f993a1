import { createPool as createPlainPool, type Pool, type PoolOptions } from 'mysql2';
import { carryThrough } from './carry-through.ts';

/** Creates a pool for callbacks, events of queries, and streams. */
export function createPool(options: PoolOptions): Pool {
  const pool = createPlainPool(options);
  carryThrough(pool, 'getConnection');
  carryThrough(pool, 'query');
  pool.on('connection', (connection) => {
    carryThrough(connection, 'query');
    carryThrough(connection, 'execute');
  });
  return pool;
}
