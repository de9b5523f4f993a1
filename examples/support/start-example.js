import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';

/**
 * One parsed line of a log.
 *
 * @typedef {{ level: string, logger: string, id: string, message: string }} LogLine
 */

const linePattern =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?<level>[A-Z]+) (?<logger>\S+) (?<id>\S+) \| (?<message>.*)$/;

/**
 * Runs an example as its users do, on a free port. It ends at the latest with the test that started it, unless shared.
 *
 * @param {string} directory
 * @param {{ port?: number, nodeOptions?: string[], isShared?: boolean }} [options]
 */
export function spawnExample(directory, { port = 0, nodeOptions = [], isShared = false } = {}) {
  // Frameworks log less when NODE_ENV is 'test'.
  const { NODE_ENV, ...env } = process.env;
  const child = spawn(process.execPath, [...nodeOptions, 'src/server.js'], {
    cwd: directory,
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (!isShared) onTestFinished(() => void child.kill('SIGKILL'));

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

  return { child, lines, reader, logged, ended };
}

/**
 * Runs an example, and waits until it listens. `stop()` ends it as Ctrl-C does, and returns its whole log.
 *
 * @param {string} directory
 * @param {{ nodeOptions?: string[], isShared?: boolean }} [options]
 */
export async function startExample(directory, options) {
  const { child, lines, reader, logged, ended } = spawnExample(directory, options);
  const url = (await logged(/Listening on/)).replace(/^.* /, '');

  /** @param {NodeJS.Signals} signal */
  async function stop(signal = 'SIGINT') {
    child.kill(signal);
    const { lines, ...rest } = await ended;
    return { ...rest, log: lines.map(parseLine) };
  }

  let taken = 1;
  /**
   * Waits for at least `count` new lines. Returns all new lines.
   *
   * @param {number} count
   */
  async function takeLog(count) {
    while (lines.length < taken + count) await Promise.race([once(reader, 'line'), ended]);
    const log = lines.slice(taken).map(parseLine);
    taken = lines.length;
    return log;
  }
  return { url, logged, stop, takeLog };
}

/**
 * Runs one example for several tests of a suite. Each test must take all the lines that it causes.
 *
 * @param {string} directory
 * @returns {() => Awaited<ReturnType<typeof startExample>>}
 */
export function shareExample(directory) {
  /** @type {Awaited<ReturnType<typeof startExample>>} */
  let example;
  beforeAll(async () => {
    example = await startExample(directory, { isShared: true });
  });
  afterAll(async () => {
    await example.stop();
    expect(await example.takeLog(0)).toEqual([]);
  });
  return () => example;
}

/**
 * @param {string} line
 * @returns {LogLine}
 */
function parseLine(line) {
  const groups = linePattern.exec(line)?.groups;
  if (groups === undefined) throw new Error(`Not a log line: ${JSON.stringify(line)}`);
  return /** @type {LogLine} */ ({ ...groups });
}
