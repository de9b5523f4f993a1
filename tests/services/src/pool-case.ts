import type { ClientCase, Visit } from './run-case.ts';

/** Returns a case in which a plain pool loses or mixes up the id at every place. */
export function poolCase<Pool>(
  title: string,
  places: readonly string[],
  use: (pool: Pool, visit: Visit) => Promise<string>,
): ClientCase<{ readonly pool: Pool }> {
  return { title, places, recipe: '`carryThrough()`', use: ({ pool }, visit) => use(pool, visit) };
}
