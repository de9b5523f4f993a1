import { fork } from 'node:child_process';
import { once } from 'node:events';

/** A process that answers each message by one. */
export class Child {
  /** What it wrote to stderr, with the option `silent`. */
  stderr = '';
  #process;
  #exited;

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
    this.#exited = once(this.#process, 'exit').then(([code, signal]) => {
      throw new Error(`${module.pathname} ended with ${code ?? signal}: ${this.stderr}`);
    });
    // Told to whoever waits for it.
    this.#exited.catch(() => {});
  }

  /**
   * What a promise gives, unless the process ends before.
   *
   * @template T
   * @param {Promise<T>} promise
   */
  unlessExited(promise) {
    return Promise.race([promise, this.#exited]);
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
    this.#process.send(message);
    return answer;
  }

  end() {
    this.#process.kill();
  }
}
