import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestId } from '@request-context/core';
import type { Exchange } from './types.ts';

/** Which id was current at a place in the code, of a request that should have seen its own. */
export interface Probe {
  readonly label: string;
  readonly actual: string | undefined;
}

const probes = new Map<string, Probe[]>();

/** Notes which id is current in the handling of the request that sent `expected`. */
export function record(expected: string, label: string): void {
  const known = probes.get(expected);
  const probe = { label, actual: getRequestId() };
  if (known === undefined) probes.set(expected, [probe]);
  else known.push(probe);
}

/** Takes out what was noted of the request that sent `id`. */
export function takeProbes(id: string): readonly Probe[] {
  const taken = probes.get(id) ?? [];
  probes.delete(id);
  return taken;
}

/** What an exchange has in every framework. */
export function exchangeBase(
  req: IncomingMessage,
  res: ServerResponse,
): Pick<Exchange, 'id' | 'req' | 'res' | 'probe'> {
  const id = String(req.headers['x-request-id']);
  return { id, req, res, probe: (label: string) => record(id, label) };
}
