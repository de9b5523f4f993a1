import {
  type ClientScenario,
  type Undici,
  undiciCopies,
  undiciScenarios,
} from './outbound-undici.ts';

/** The clients whose calls carry the id. */
export const clientNames: readonly string[] = [...Object.keys(undiciCopies)];

/** Loads a client, and returns its scenarios. */
export async function clientScenarios(name: string): Promise<ClientScenario[]> {
  const load = undiciCopies[name];
  if (load === undefined) throw new Error(`There is no client ${name}.`);
  const module = await load();
  const { default: main = module } = module as { default?: unknown };
  return undiciScenarios(main as Undici, Number(name.slice(-1)));
}
