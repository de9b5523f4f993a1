import type { RuntimeName } from './runtime.ts';

/** Scenarios that fail through a runtime's fault. They still run, and must fail. */
export interface Unsupported {
  readonly runtimes: readonly RuntimeName[];
  /** All when left out. An adapter that cannot even be loaded goes by the name of its module. */
  readonly adapters?: readonly string[];
  /** Ids; `load` is the loading of an adapter's module. */
  readonly scenarios: readonly string[];
  readonly reason: string;
}

export const unsupported: readonly Unsupported[] = [
  {
    runtimes: ['node-20', 'node-22'],
    scenarios: ['survived-microtask'],
    reason:
      "before AsyncContextFrame (Node 24), Node leaves a microtask's context before it reports its error",
  },
];

/** Why a scenario fails with an adapter on a runtime, as far as it is known. */
export function reasonFor(
  runtime: string,
  adapter: string,
  scenario: string,
  table: readonly Unsupported[] = unsupported,
): string | undefined {
  return table.find(
    ({ runtimes, adapters, scenarios }) =>
      (runtimes as readonly string[]).includes(runtime) &&
      (adapters === undefined || adapters.includes(adapter)) &&
      scenarios.includes(scenario),
  )?.reason;
}
