import { Duplex } from 'node:stream';

const head = 'GET / HTTP/1.1\r\nHost: x\r\n';
export const withoutId = `${head}\r\n`;
export const withId = `${head}X-Request-ID: 5f0c6c1e-3a43-4f0b-9a2e-6f3d1f3c0a77\r\n\r\n`;

/** A connection without a network, whose client waits for each response. */
export class MemoryConnection extends Duplex {
  #left = 0;
  #done = () => {};
  #requests;
  #onResponse;

  /**
   * @param {readonly string[]} requests Sent in turn.
   * @param {() => void} [onResponse] Called for each response.
   */
  constructor(requests, onResponse) {
    super();
    this.#requests = requests;
    this.#onResponse = onResponse;
  }

  /** Sends requests. Resolves once all have responses. @param {number} count */
  send(count) {
    this.#left = count;
    return new Promise((resolve) => {
      this.#done = () => resolve(undefined);
      this.#next();
    });
  }

  #next() {
    this.push(this.#requests[this.#left % this.#requests.length]);
  }

  /** @override */
  _read() {}

  /** @override @param {unknown} _chunk @param {string} _encoding @param {() => void} callback */
  _write(_chunk, _encoding, callback) {
    this.#onResponse?.();
    callback();
    this.#left -= 1;
    setImmediate(() => (this.#left > 0 ? this.#next() : this.#done()));
  }

  setTimeout() {
    return this;
  }
}
