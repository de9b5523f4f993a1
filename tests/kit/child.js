import { fork } from 'node:child_process';
import { once } from 'node:events';

/** A process that answers each message with one. */
export class Child {
  /** What it wrote to stderr, with the option `silent`. */
  stderr = '';
  #process;
  #failed;

  /**
   * @param {URL} module
   * @param {string[]} [args]
   * @param {import('node:child_process').ForkOptions} [options]
   */
  constructor(module, args, options) {
    this.#process = fork(module, args, options);
    this.#process.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
    /** @type {Promise<any[]>} The exit code and the signal. */
    this.exited = once(this.#process, 'exit');
    this.#failed = this.exited.then(([code, signal]) => {
      throw new Error(`${module.pathname} ended with ${code ?? signal}: ${this.stderr}`);
    });
    // Only those who wait for the process hear of it.
    this.#failed.catch(() => {});
  }

  get pid() {
    return this.#process.pid;
  }

  /**
   * Returns what the process writes to a descriptor.
   *
   * @param {number} [descriptor]
   */
  pipe(descriptor = 1) {
    return /** @type {import('node:stream').Readable} */ (this.#process.stdio[descriptor]);
  }

  /**
   * Resolves as the promise does. Rejects if the process ends before.
   *
   * @template T
   * @param {Promise<T>} promise
   */
  unlessExited(promise) {
    return Promise.race([promise, this.#failed]);
  }

  /** @returns {Promise<any>} the next message */
  async answer() {
    const [message] = await this.unlessExited(once(this.#process, 'message'));
    return message;
  }

  /**
   * @param {import('node:child_process').Serializable} message
   * @returns {Promise<any>}
   */
  ask(message) {
    const answer = this.answer();
    // `answer()` says that the process has ended.
    this.#process.send(message, () => {});
    return answer;
  }

  /** @param {NodeJS.Signals} [signal] */
  end(signal) {
    this.#process.kill(signal);
  }
}
