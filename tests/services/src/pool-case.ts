import type { ClientCase, Visit } from './run-case.ts';

/** Returns a case in which a plain pool loses or mixes up the id at every place. */
export function poolCase<Pool>(
  title: string,
  places: readonly string[],
  use: (pool: Pool, visit: Visit) => Promise<string>,
): ClientCase<{ readonly pool: Pool }> {
  return { title, places, recipe: '`carryThrough()`', use: ({ pool }, visit) => use(pool, visit) };
}

/** The part of a pool that the case of a failing query uses. */
interface QueryPool {
  query(sql: string, done: (error: Error | null) => void): unknown;
}

/** Returns the case of a query that fails and calls back. */
export function failingQueryCase(sql: string): ClientCase<{ readonly pool: QueryPool }> {
  return poolCase(
    '`pool.query(sql, callback)` with an error',
    ['callback'],
    (pool, { id, probe }) =>
      new Promise((resolve) => {
        pool.query(sql, (error) => {
          probe('callback');
          resolve(error ? id : 'no error');
        });
      }),
  );
}
