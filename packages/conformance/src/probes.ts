import { getRequestId } from '@request-context/core';

/** Which id was current at a place in the code, for a request that must see its own there. */
export interface Probe {
  readonly label: string;
  readonly actual: string | undefined;
}

const probes = new Map<string, Probe[]>();

/** Records which id is current in the handling of the request that sent `expected`. */
export function record(expected: string, label: string): void {
  const known = probes.get(expected);
  const probe = { label, actual: getRequestId() };
  if (known === undefined) probes.set(expected, [probe]);
  else known.push(probe);
}

/** Returns what was recorded for the request that sent `id`, and forgets it. */
export function takeProbes(id: string): readonly Probe[] {
  const taken = probes.get(id) ?? [];
  probes.delete(id);
  return taken;
}
