// Starts a script's child processes, and stops them when the script ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

const root = new URL('../', import.meta.url);
const isWindows = process.platform === 'win32';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */
/** @type {Set<ChildProcess>} */
const children = new Set();
/** Children that lead a process group. @type {WeakSet<ChildProcess>} */
const leaders = new WeakSet();
let isStopping = false;

/** A failure whose message says enough, without a stack. */
export class Problem extends Error {}

/** Returns whether `stopAll` was called. */
export const isStopped = () => isStopping;

/**
 * Stops all children when this process should end: on a signal, when nothing reads its output, and when its parent
 * has died. A shell between npm and this process may die of a signal without passing it on.
 *
 * @param {number} exitCode
 */
export function stopOnSignals(exitCode) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // `on`, not `once`: npm passes a Ctrl-C on a second time.
    process.on(signal, () => stopAll(exitCode));
  }
  process.stdout.on('error', () => stopAll(exitCode));

  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stopAll(exitCode);
  }, 200);
  timer.unref();
}

/**
 * Runs a program.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 */
export function run(command, args, options) {
  const child = spawn(command, args, { cwd: root, ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  if (options?.detached) leaders.add(child);
  children.add(child);
  child.once('close', () => children.delete(child));
  return child;
}

/**
 * Runs one step: prints its title, then how long it took. Shows the step's output only if it fails.
 *
 * @param {string} title
 * @param {string} command
 * @param {readonly string[]} args
 */
export async function runStep(title, command, args) {
  if (isStopping) return;
  const start = performance.now();
  process.stdout.write(`${title} ... `);
  // On Windows, npm and npx are scripts, which only a shell runs, and a shell takes one string. Elsewhere, a
  // process group can be stopped with everything that the command starts.
  const child = isWindows
    ? run([command, ...args].join(' '), [], { shell: true })
    : run(command, args, { detached: true });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [exitCode] = await once(child, 'close');
  if (isStopping) return;
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(exitCode === 0 ? `${seconds} s` : `failed after ${seconds} s`);
  if (exitCode === 0) return;
  throw new Problem(`${(await output).join('')}\n\`${[command, ...args].join(' ')}\` failed.`);
}

/**
 * Stops all children. This process ends once they have.
 *
 * @param {number} exitCode
 */
export function stopAll(exitCode) {
  if (isStopping) return;
  isStopping = true;
  process.exitCode = exitCode;
  killAll('SIGTERM');
  setTimeout(killAll, 5000, 'SIGKILL').unref();
}

/**
 * Prints the error that ended a script, and stops the children.
 *
 * @param {unknown} error
 */
export function stopOnError(error) {
  console.error(error instanceof Problem ? error.message : error);
  stopAll(1);
}

/** Sends a signal to all children. @param {NodeJS.Signals} signal */
function killAll(signal) {
  for (const child of children) {
    const pid = Number(child.pid);
    try {
      process.kill(leaders.has(child) ? -pid : pid, signal);
    } catch {
      // It has ended already.
    }
  }
}
