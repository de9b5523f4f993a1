import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/**
 * One line of a log, taken apart.
 *
 * @typedef {{ level: string, logger: string, id: string, message: string }} LogLine
 */

const linePattern =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?<level>[A-Z]+) (?<logger>\S+) (?<id>\S+) \| (?<message>.*)$/;

/**
 * Runs an example as its users do, on a port that is free. It is ended with the test, if not before.
 *
 * @param {string} directory
 * @param {{ port?: number, nodeOptions?: string[] }} [options]
 */
export function spawnExample(directory, { port = 0, nodeOptions = [] } = {}) {
  // Frameworks log less where NODE_ENV is 'test'.
  const { NODE_ENV, ...env } = process.env;
  const child = spawn(process.execPath, [...nodeOptions, 'src/server.js'], {
    cwd: directory,
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));

  /** @type {string[]} */
  const lines = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));

  const stderr = text(child.stderr);
  const ended = once(child, 'close').then(async ([exitCode, signal]) => ({
    exitCode,
    signal,
    lines,
    stderr: await stderr,
  }));
  /**
   * Waits for a line.
   *
   * @param {RegExp} pattern
   */
  async function logged(pattern) {
    for (;;) {
      const line = lines.find((line) => pattern.test(line));
      if (line !== undefined) return line;
      const end = await Promise.race([once(reader, 'line').then(() => undefined), ended]);
      if (end !== undefined) throw new Error(`The example has ended. ${end.stderr}`);
    }
  }

  return { child, logged, ended };
}

/**
 * Runs an example, and waits until it listens. `stop()` ends it as Ctrl-C does, and gives all that it
 * logged.
 *
 * @param {string} directory
 * @param {{ nodeOptions?: string[] }} [options]
 */
export async function startExample(directory, options) {
  const { child, logged, ended } = spawnExample(directory, options);
  const url = (await logged(/Listening on/)).replace(/^.* /, '');

  /** @param {NodeJS.Signals} signal */
  async function stop(signal = 'SIGINT') {
    child.kill(signal);
    const { lines, ...rest } = await ended;
    return { ...rest, log: lines.map(parseLine) };
  }
  return { url, logged, stop };
}

/**
 * @param {string} line
 * @returns {LogLine}
 */
function parseLine(line) {
  const groups = linePattern.exec(line)?.groups;
  if (groups === undefined) throw new Error(`This is no log line: ${JSON.stringify(line)}`);
  return /** @type {LogLine} */ ({ ...groups });
}
