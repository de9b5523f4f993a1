/**
 * What was captured for the chunks that wait in a writable stream, by each chunk's place in the queue. No other
 * key works: the same object may wait twice, and wrappers of `write` replace it (dd-trace passes on a Proxy).
 */
export class CapturedQueue<Captured> {
  readonly #captured = new Map<number, Captured>();
  /** The place of the next chunk. */
  #head = 0;
  #tail: number;

  /** @param queued - The number of chunks that the stream holds already. */
  constructor(queued: number) {
    this.#tail = queued;
  }

  /** Adds a chunk that is about to be written. Returns its place. */
  add(captured: Captured | undefined): number {
    const place = this.#tail++;
    if (captured !== undefined) this.#captured.set(place, captured);
    return place;
  }

  /**
   * Removes the chunk at `place` if the stream has not accepted it.
   *
   * @param growth - How much longer the stream's queue is after the write.
   */
  confirm(place: number, growth: number): void {
    if (growth > 0 || place < this.#head) return;
    this.#captured.delete(place);
    if (this.#tail === place + 1) this.#tail = place;
  }

  /**
   * Returns what was captured for the next chunk. If other code has added or removed chunks, the places no longer
   * match the length of the queue. Then it drops everything: nothing is better than another chunk's.
   *
   * @param queued - The number of chunks that the stream holds, this one included.
   */
  take(queued: number): Captured | undefined {
    if (queued === 0) return undefined;
    if (this.#tail - this.#head !== queued) {
      this.#captured.clear();
      this.#head = 0;
      this.#tail = queued;
    }
    const place = this.#head++;
    const captured = this.#captured.get(place);
    this.#captured.delete(place);
    return captured;
  }
}
