import { text } from 'node:stream/consumers';
import { Child } from '../../kit/child.js';
import { finalReport } from './catch-errors.js';

/** How many apps a process runs before another process replaces it. */
const appsPerProcess = 200;
/** Milliseconds that one app may take. */
const timeLimit = 20_000;

/** Runs apps one after the other, in a process that is replaced when it ends. */
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
   * @param {boolean} isFirst - Whether the app must be the first of its process.
   * @returns {Promise<any>} The observations.
   */
  async run(app, isFirst) {
    const needsOwn = isFirst || app.domain !== 'none' || app.catches !== 'listener';
    if (needsOwn || this.#count >= appsPerProcess) this.stop();
    this.#worker ??= await this.#next();
    const worker = this.#worker;
    this.#count += 1;
    const seen = await worker.run(app);
    // Later apps would see wrappers that could not be removed.
    if (!seen.isClean) this.stop();
    const { isClean: _, ...rest } = seen;
    return rest;
  }

  /** Returns the process that started meanwhile, and starts the one after it. */
  #next() {
    const next = this.#spare ?? Worker.start(this.#library);
    this.#spare = Worker.start(this.#library);
    return next;
  }

  /** Ends the process. The next run starts another. */
  stop() {
    this.#worker?.end('SIGKILL');
    this.#worker = undefined;
    this.#count = 0;
  }
}

class Worker extends Child {
  #report = text(this.pipe(finalReport));

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
    }, timeLimit);
    try {
      return await this.ask({ app });
    } catch {
      const [code, signal] = await this.exited;
      const report = await this.#report;
      return { ended: ended || `exit ${code} ${signal}`, ...(report && JSON.parse(report)) };
    } finally {
      clearTimeout(timer);
    }
  }
}
