import { fork } from 'node:child_process';
import { once } from 'node:events';

/** A child process that replies to each message with one message. */
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
    // Only a caller that waits for the process handles the rejection.
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

  /** Returns the next message. Rejects if the process ends before. @returns {Promise<any>} */
  async reply() {
    const [message] = await this.unlessExited(once(this.#process, 'message'));
    return message;
  }

  /**
   * Sends a message, and returns the reply.
   *
   * @param {import('node:child_process').Serializable} message
   * @returns {Promise<any>}
   */
  ask(message) {
    const reply = this.reply();
    // Ignores the error: `reply()` rejects if the process has ended.
    this.#process.send(message, () => {});
    return reply;
  }

  /** Ends the process. @param {NodeJS.Signals} [signal] */
  end(signal) {
    this.#process.kill(signal);
  }
}
