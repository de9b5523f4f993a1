import type { Check } from '@request-context/core/adapter';
import { instrumentNodeHttp } from './outbound/instrument-node-http.ts';
import { instrumentUndici, type UndiciModule } from './outbound/instrument-undici.ts';
import { createOutbound, type OutboundOptions } from './outbound/outbound.ts';

export type { Destinations } from './outbound/destinations.ts';
export type { UndiciModule } from './outbound/instrument-undici.ts';
export type { OutboundOptions } from './outbound/outbound.ts';

/** Options of {@link instrumentOutbound}. */
export interface InstrumentOutboundOptions extends OutboundOptions {
  /**
   * The copies of undici that the process uses besides Node's own, each as its module: `import * as undici from 'undici'`.
   * @default []
   */
  undici?: readonly UndiciModule[] | undefined;
}

const checks: { readonly undici: Check } = {
  undici: [
    (value) => Array.isArray(value) && value.every(isUndici),
    "an array of undici's modules, such as [undici] after `import * as undici from 'undici'`",
  ],
};

/**
 * Makes outbound calls of the process carry the current id to the destinations that `to` names: those of `http`, `https`
 * and `fetch`, and of the copies of undici that are given. Returns a function that undoes it.
 *
 * @example
 * const undo = instrumentOutbound({ to: ['https://api.example.com'] });
 * @example
 * import * as undici from 'undici';
 *
 * instrumentOutbound({ to: ['*.internal:8080'], undici: [undici], keys: ['tenant'] });
 *
 * @throws {InvalidOptionError} naming the option that is missing, unknown or invalid
 */
export function instrumentOutbound(options: InstrumentOutboundOptions): () => void {
  const { outbound, checked } = createOutbound(options, checks);
  const undos = [instrumentNodeHttp(outbound), instrumentUndici(outbound, checked.undici ?? [])];
  return () => {
    for (const undo of undos.splice(0).reverse()) undo();
  };
}

function isUndici(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'Dispatcher' in value;
}
