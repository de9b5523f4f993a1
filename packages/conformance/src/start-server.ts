import { describe } from '@request-context/core/adapter';
import type { Adapter, Routes, Running, Setup } from './contract.ts';

/**
 * Starts an adapter's server.
 *
 * @throws {TypeError} when `start` returns something else
 */
export async function startServer(
  adapter: Adapter,
  routes: Routes = {},
  setup: Setup = {},
): Promise<Running> {
  const started: unknown = await adapter.start(routes, setup);
  if (isRunning(started)) return started;
  throw new TypeError(
    `start() must return { url, close() } or a promise of it, but returned ${describe(started)}.`,
  );
}

function isRunning(value: unknown): value is Running {
  if (typeof value !== 'object' || value === null) return false;
  const { url, close } = value as Partial<Running>;
  return typeof url === 'string' && URL.canParse(url) && typeof close === 'function';
}
