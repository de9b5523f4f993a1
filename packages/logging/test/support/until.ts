import { vi } from 'vitest';

/** Waits until a condition holds, long enough for a busy machine. */
export async function until(holds: () => boolean): Promise<void> {
  await vi.waitUntil(holds, { timeout: 20_000 });
}
