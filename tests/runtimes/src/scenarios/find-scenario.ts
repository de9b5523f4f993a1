import { type HttpScenario, scenarioFamilies } from '@request-context/conformance/engine';

/** Returns a scenario of the specification, to vary it. */
export function findScenario(id: string): HttpScenario {
  const all = Object.values(scenarioFamilies).flat();
  const found = all.find((scenario) => scenario.id === id);
  if (found === undefined) throw new Error(`There is no scenario ${id}.`);
  return found;
}
