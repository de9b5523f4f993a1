import { fetchNames, fetchScenarios } from './outbound-fetch.ts';
import {
  type ClientScenario,
  type Undici,
  undiciCopies,
  undiciScenarios,
} from './outbound-undici.ts';

/** The clients whose calls carry the id. */
export const clientNames: readonly string[] = [...Object.keys(undiciCopies), ...fetchNames];

/** Loads a client, and returns its scenarios. */
export async function clientScenarios(name: string): Promise<ClientScenario[]> {
  const load = undiciCopies[name];
  if (load === undefined) return fetchScenarios(name);
  const { default: undici } = (await load()) as { default: Undici };
  return undiciScenarios(undici, Number(name.slice(-1)));
}
