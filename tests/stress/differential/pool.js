import { text } from 'node:stream/consumers';
import { Child } from '../../kit/child.js';
import { lastWords } from './catch-errors.js';

/** How many apps a process runs before another takes its place. */
const appsPerProcess = 200;
/** Milliseconds that one app may take. */
const patience = 20_000;

/** A process that runs apps one after the other; another one follows when it ends. */
export class Runner {
  #library;
  /** @type {Worker | undefined} */
  #worker;
  /** @type {Promise<Worker> | undefined} */
  #spare;
  #count = 0;

  /** @param {boolean} library - Whether it runs them with the library. */
  constructor(library) {
    this.#library = library;
  }

  /**
   * Runs an app.
   *
   * @param {any} app
   * @param {boolean} isFirst - Whether it is to be the first one of its process.
   * @returns {Promise<any>} What was seen.
   */
  async run(app, isFirst) {
    const needsOwn = isFirst || app.domain !== 'none' || app.catches !== 'listener';
    if (needsOwn || this.#count >= appsPerProcess) this.stop();
    this.#worker ??= await this.#next();
    const worker = this.#worker;
    this.#count += 1;
    const seen = await worker.run(app);
    // What could not be taken off again would be seen by the apps to come.
    if (!seen.isClean) this.stop();
    const { isClean: _, ...rest } = seen;
    return rest;
  }

  /** A process that got ready meanwhile, and one more that will. */
  #next() {
    const next = this.#spare ?? Worker.start(this.#library);
    this.#spare = Worker.start(this.#library);
    return next;
  }

  /** Ends the process; another one takes its place. */
  stop() {
    this.#worker?.end('SIGKILL');
    this.#worker = undefined;
    this.#count = 0;
  }
}

class Worker extends Child {
  #words = text(this.pipe(lastWords));

  /** @param {boolean} library */
  static async start(library) {
    const worker = new Worker(new URL('./worker.js', import.meta.url), [], {
      env: { ...process.env, LIBRARY: library ? '1' : '0', NODE_ENV: 'production' },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc', 'pipe'],
    });
    await worker.reply();
    return worker;
  }

  /** @param {any} app @returns {Promise<any>} */
  async run(app) {
    let ended = '';
    const timer = setTimeout(() => {
      ended = 'took too long';
      this.end('SIGKILL');
    }, patience);
    try {
      return await this.ask({ app });
    } catch {
      const [code, signal] = await this.exited;
      const words = await this.#words;
      return { ended: ended || `exit ${code} ${signal}`, ...(words && JSON.parse(words)) };
    } finally {
      clearTimeout(timer);
    }
  }
}
