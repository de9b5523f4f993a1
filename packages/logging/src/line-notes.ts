/**
 * Notes on the chunks that wait in a writable stream, each kept by its chunk's place in the queue.
 * The place is the only link that holds: an object may wait twice, and wrappers of `write` replace it
 * (dd-trace passes on a Proxy).
 */
export class LineNotes<Note> {
  readonly #notes = new Map<number, Note>();
  /** The place of the chunk whose turn is next. */
  #head = 0;
  #tail: number;

  /** @param queued - How many chunks the stream holds already. */
  constructor(queued: number) {
    this.#tail = queued;
  }

  /** Notes a chunk that is about to be written. Returns its place. */
  add(note: Note | undefined): number {
    const place = this.#tail++;
    if (note !== undefined) this.#notes.set(place, note);
    return place;
  }

  /** Forgets the chunk at `place` if the stream did not accept it: its turn never comes. */
  settle(place: number, growth: number): void {
    if (growth > 0 || place < this.#head) return;
    this.#notes.delete(place);
    if (this.#tail === place + 1) this.#tail = place;
  }

  /**
   * Returns the note of the chunk whose turn has come. Where the places do not match the length of the
   * queue any more, as others have added or removed chunks, it forgets all notes: none is better than
   * another chunk's.
   *
   * @param queued - How many chunks the stream holds, this one included.
   */
  take(queued: number): Note | undefined {
    if (queued === 0) return undefined;
    if (this.#tail - this.#head !== queued) {
      this.#notes.clear();
      this.#head = 0;
      this.#tail = queued;
    }
    const place = this.#head++;
    const note = this.#notes.get(place);
    this.#notes.delete(place);
    return note;
  }
}
