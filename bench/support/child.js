import { fork } from 'node:child_process';
import { once } from 'node:events';

/** A process that answers each message by one. */
export class Child {
  #process;
  #exited;

  /**
   * @param {URL} module
   * @param {string[]} [args]
   */
  constructor(module, args = []) {
    this.#process = fork(module, args);
    this.#exited = once(this.#process, 'exit').then(([code, signal]) => {
      throw new Error(`${module.pathname} ${args.join(' ')} ended with ${code ?? signal}`);
    });
    // Told to whoever waits for an answer.
    this.#exited.catch(() => {});
  }

  /** @returns {Promise<any>} the next message */
  async answer() {
    const [message] = await Promise.race([once(this.#process, 'message'), this.#exited]);
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
