/**
 * Returns a function whose promise resolves once `size` callers wait, for all of them at once. So the work of
 * several requests overlaps on any machine. The number of clients must be a multiple of `size`, and at least that
 * many must run side by side.
 */
export function createBarrier(size = 4): () => Promise<void> {
  let waiting: (() => void)[] = [];
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (waiting.length < size) return;
      const all = waiting;
      waiting = [];
      for (const each of all) each();
    });
}
