/** How much goes on at once in each pool and queue: far less than there are requests. */
export const concurrency: number = 2;

/** A pool as people write it: who gives back a place calls back whoever waits for one. */
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

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
