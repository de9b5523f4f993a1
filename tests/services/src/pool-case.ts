import type { ClientCase, Visit } from './run-case.ts';

/** Returns a case that a plain pool gets wrong at every place. */
export function poolCase<Pool>(
  title: string,
  places: readonly string[],
  use: (pool: Pool, visit: Visit) => Promise<string>,
): ClientCase<{ readonly pool: Pool }> {
  return { title, places, recipe: '`carryThrough()`', use: ({ pool }, visit) => use(pool, visit) };
}
