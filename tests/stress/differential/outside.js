import { MessageChannel } from 'node:worker_threads';

/**
 * What the requests of an app share: a queue that calls jobs outside of any request, and a port that returns messages.
 * Both exist before the first request.
 */
export class Outside {
  /** @type {(() => void)[]} */
  #queue = [];
  /** @type {(() => void)[]} */
  #posted = [];
  #channel = new MessageChannel();
  /** @type {NodeJS.Timeout} */
  #timer;

  constructor() {
    this.#timer = setInterval(() => this.#drain(), 1);
    this.#channel.port1.on('message', () => this.#posted.shift()?.());
    this.#channel.port1.unref();
    this.#channel.port2.on('message', (message) => this.#channel.port2.postMessage(message));
    this.#channel.port2.unref();
  }

  /** @param {() => void} job */
  run(job) {
    this.#queue.push(job);
  }

  /** @param {() => void} job */
  post(job) {
    this.#posted.push(job);
    this.#channel.port1.postMessage(0);
  }

  #drain() {
    // One at a time, so that a job that throws stops no other.
    const job = this.#queue.shift();
    if (this.#queue.length > 0) setImmediate(() => this.#drain());
    job?.();
  }

  close() {
    clearInterval(this.#timer);
    this.#channel.port1.close();
  }
}
