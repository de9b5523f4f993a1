import { describe } from '@request-context/core/adapter';
import type { Adapter, Feature } from './contract.ts';
import { isAdapter } from './is-adapter.ts';
import { scenarioFamilies } from './scenario-families.ts';

const features: Readonly<Record<Feature, true>> = {
  node: true,
  before: true,
  server: true,
  http2: true,
  bypass: true,
};

/**
 * Checks what an adapter declares: a misspelt feature would hide nothing, and a misspelt scenario would never
 * have to come off the list.
 *
 * @throws {TypeError} for a value that is no adapter, and for names that the suite does not know
 */
export function checkAdapter(value: unknown): asserts value is Adapter {
  if (!isAdapter(value)) {
    throw new TypeError(`An adapter is { name, start(routes, setup) }, not ${describe(value)}.`);
  }
  for (const feature of Object.keys(value.lacks ?? {})) {
    if (Object.hasOwn(features, feature)) continue;
    const known = Object.keys(features).join(', ');
    throw new TypeError(
      `${value.name} lacks '${feature}', which is no feature. The features: ${known}.`,
    );
  }
  const ids = new Set(Object.values(scenarioFamilies).flatMap((each) => each.map(({ id }) => id)));
  for (const id of Object.keys(value.unsupported ?? {})) {
    if (ids.has(id)) continue;
    throw new TypeError(
      `${value.name} lists '${id}' as unsupported, but there is no such scenario.`,
    );
  }
}
