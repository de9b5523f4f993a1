import type { Adapter } from './contract.ts';

/** Returns whether a value has what an adapter needs. */
export function isAdapter(value: unknown): value is Adapter {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<Adapter>).name === 'string' &&
    typeof (value as Partial<Adapter>).start === 'function'
  );
}
