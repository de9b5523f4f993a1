/** How many jobs run at once in each pool and queue: far fewer than there are requests. */
export const concurrency: number = 2;

/** A typical handwritten pool: the code that releases a place calls the next waiting callback. */
export class CallbackPool {
  #free = concurrency;
  readonly #waiting: (() => void)[] = [];

  acquire(callback: () => void): void {
    if (this.#free === 0) {
      this.#waiting.push(callback);
    } else {
      this.#free -= 1;
      callback();
    }
  }

  /** Waits for a place in the pool, calls back after some work, then releases the place. */
  use(callback: () => void): void {
    this.acquire(() => {
      setTimeout(() => {
        callback();
        this.release();
      }, 1);
    });
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
