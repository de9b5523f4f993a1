import { fork } from 'node:child_process';

/** How many apps a process runs before another takes its place. */
const appsPerProcess = 200;
/** Milliseconds that one app may take. */
const patience = 20_000;

/** A process that runs apps one after the other; another one follows when it ends. */
export class Runner {
  #library;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  /** @type {Promise<import('node:child_process').ChildProcess> | undefined} */
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
    this.#child ??= await this.#next();
    const child = this.#child;
    let lastWords = '';
    const hear = (/** @type {unknown} */ data) => {
      lastWords += data;
    };
    const pipe = /** @type {import('node:stream').Readable | undefined} */ (child.stdio[4]);
    pipe?.on('data', hear);
    this.#count += 1;
    const { seen, failed, ended } = await new Promise((resolve) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        resolve({ ended: 'took too long' });
      }, patience);
      const finish = (/** @type {any} */ result) => {
        clearTimeout(timer);
        child.off('message', finish);
        child.off('close', onExit);
        resolve(result);
      };
      const onExit = (/** @type {number | null} */ code, /** @type {string | null} */ signal) =>
        finish({ ended: `exit ${code} ${signal}` });
      child.on('message', finish);
      // When all of its output has come.
      child.on('close', onExit);
      child.send({ app });
    });
    if (failed !== undefined) {
      this.stop();
      return { failed };
    }
    pipe?.off('data', hear);
    if (ended !== undefined) {
      this.stop();
      return { ended, ...(lastWords === '' ? {} : JSON.parse(lastWords)) };
    }
    const { isClean, ...rest } = seen;
    // What could not be taken off again would be seen by the apps to come.
    if (!isClean) this.stop();
    return rest;
  }

  /** A process that got ready meanwhile, and one more that will. */
  #next() {
    const next = this.#spare ?? start(this.#library);
    this.#spare = start(this.#library);
    return next;
  }

  /** Ends the process; another one takes its place. */
  stop() {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
    this.#count = 0;
  }
}

/** @param {boolean} library @returns {Promise<import('node:child_process').ChildProcess>} */
function start(library) {
  return new Promise((resolve, reject) => {
    const child = fork(new URL('./worker.js', import.meta.url), {
      env: { ...process.env, LIBRARY: library ? '1' : '0', NODE_ENV: 'production' },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc', 'pipe'],
    });
    child.once('message', () => resolve(child));
    child.once('exit', (code) => reject(new Error(`a process ended with ${code}`)));
  });
}
