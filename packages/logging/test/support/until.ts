import { vi } from 'vitest';

/** Waits until something holds, however busy the machine is. */
export async function until(holds: () => boolean): Promise<void> {
  await vi.waitUntil(holds, { timeout: 20_000 });
}
