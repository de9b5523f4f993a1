// Runs the suites, some of them side by side, and prints their counts at the end. Each suite's output is one block.
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  isStopped,
  Problem,
  run,
  stopOnError,
  stopOnSignals,
} from '../scripts/child-processes.mjs';

/** Minutes after which a suite is stopped, and has failed. */
const limit = 20;

/** Keeps scripts that run side by side from installing and building what `setup` has. */
const prepared = { REQUEST_CONTEXT_SETUP: 'done' };

const folder = mkdtempSync(join(tmpdir(), 'suites-'));

/**
 * `counts` says where a suite's counts are found: in a file that vitest writes, in a line of its output
 * (`N passed, N failed, N skipped`), or nowhere: then the suite counts as one test.
 *
 * @typedef {object} Suite
 * @property {string} script - Of package.json.
 * @property {'vitest' | 'line' | 'none'} counts
 * @property {string[]} [args]
 * @property {Record<string, string>} [env]
 *
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 */

/** @type {Record<string, Suite>} */
const suites = {
  test: { script: 'test', counts: 'vitest' },
  setup: { script: 'setup', counts: 'none' },
  check: { script: 'check', counts: 'none' },
  packages: { script: 'test:packages', counts: 'vitest' },
  hosts: { script: 'test:hosts', counts: 'line' },
  // By default, skips the tests of a service that does not run, and names it.
  services: {
    script: 'test:services',
    counts: 'vitest',
    env: { REQUEST_CONTEXT_SERVICES: process.env.REQUEST_CONTEXT_SERVICES ?? 'optional' },
  },
  browser: { script: 'test:browser', counts: 'vitest' },
  runtimes: { script: 'test:runtimes', counts: 'line', args: ['--check'] },
  load: { script: 'test:load', counts: 'vitest' },
  // Short forms: the long ones take ten minutes and a quarter of an hour.
  fuzz: { script: 'fuzz', counts: 'line', env: { REQUESTS: '20000', MINUTES: '0.75' } },
  soak: { script: 'soak', counts: 'line', env: { REQUESTS: '20000' } },
};

/**
 * The suites of a stage run side by side: one that keeps the cores busy, and others that wait. `hosts` and
 * `runtimes` build the packages, so nothing that reads a build runs beside them.
 */
const stages = [
  ['test'],
  ['setup'],
  ['check', 'packages'],
  ['hosts', 'services', 'browser'],
  ['runtimes'],
  ['load'],
  ['fuzz', 'soak'],
];

stopOnSignals(1);
main().catch(stopOnError);

async function main() {
  const chosen = process.argv.slice(2);
  const unknown = chosen.find((name) => !Object.hasOwn(suites, name));
  if (unknown !== undefined) {
    throw new Problem(
      `No suite is called ${unknown}. There are ${Object.keys(suites).join(', ')}.`,
    );
  }
  const isChosen = (/** @type {string} */ name) =>
    chosen.length === 0 || name === 'setup' || chosen.includes(name);

  /** @type {{ name: string, counts: Counts, seconds: number }[]} */
  const results = [];
  for (const stage of stages) {
    const names = stage.filter(isChosen);
    if (names.length === 0) continue;
    if (names.length > 1) console.log(`\n=== side by side: ${names.join(', ')}`);
    results.push(...(await Promise.all(names.map((name) => runSuite(name, names.length === 1)))));
    if (isStopped()) return;
  }
  report(results);
}

/**
 * @param {string} name
 * @param {boolean} isAlone
 */
async function runSuite(name, isAlone) {
  const { script, counts, args = [], env } = /** @type {Suite} */ (suites[name]);
  const json = join(folder, `${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${json}`];
  const command = ['run', script, '--', ...args, ...(counts === 'vitest' ? reporters : [])];

  const title = `\n=== ${name}: npm run ${script}\n`;
  if (isAlone) console.log(title);
  const start = performance.now();
  const child = run('npm', command, {
    detached: true,
    // `test` installs what it needs, as for a newcomer. `setup` then installs the rest, for all others.
    env: { ...process.env, ...env, ...(name !== 'test' && name !== 'setup' && prepared) },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      if (isAlone) process.stdout.write(text);
    });
  }
  const timer = setTimeout(() => {
    output += `\nStopped after ${limit} minutes.\n`;
    process.kill(-Number(child.pid), 'SIGKILL');
  }, limit * 60_000);
  const [exitCode] = await once(child, 'close');
  clearTimeout(timer);

  if (!isAlone) console.log(`${title}\n${output}`);
  const found = counts === 'vitest' ? countsOfFile(json) : countsOfLine(output);
  const result = {
    name,
    counts: judge(exitCode === 0, counts === 'none' ? asOneTest(exitCode === 0) : found),
    seconds: Math.round((performance.now() - start) / 1000),
  };
  console.log(lineOf(result));
  return result;
}

/**
 * Returns the counts of a suite. One failure is added if the suite failed without a failed test, left no counts, or
 * ran no test.
 *
 * @param {boolean} isPassed
 * @param {Counts | undefined} counts
 * @returns {Counts}
 */
function judge(isPassed, counts) {
  if (counts === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const isSound = isPassed ? counts.passed > 0 : counts.failed > 0;
  return isSound ? counts : { ...counts, failed: counts.failed + 1 };
}

/** Returns the counts of a suite that counts as one test. @param {boolean} isPassed */
const asOneTest = (isPassed) => ({
  passed: Number(isPassed),
  failed: Number(!isPassed),
  skipped: 0,
});

/** Returns the counts in a file that vitest wrote. @param {string} file */
function countsOfFile(file) {
  if (!existsSync(file)) return undefined;
  const counts = JSON.parse(readFileSync(file, 'utf8'));
  return {
    passed: counts.numPassedTests,
    failed: counts.numFailedTests,
    skipped: counts.numPendingTests + counts.numTodoTests,
  };
}

/** Returns the counts in the last line that has them. @param {string} output */
function countsOfLine(output) {
  const last = [...output.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1);
  if (last === undefined) return undefined;
  const [passed = 0, failed = 0, skipped = 0] = last.slice(1).map(Number);
  return { passed, failed, skipped };
}

/** @param {{ name: string, counts: Counts, seconds: number }} result */
function lineOf({ name, counts: { passed, failed, skipped }, seconds }) {
  return `${name}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s`;
}

/** @param {{ name: string, counts: Counts, seconds: number }[]} results */
function report(results) {
  const minutes = (performance.now() / 60_000).toFixed(1);
  console.log(`\n=== all, in ${minutes} minutes\n\n${results.map(lineOf).join('\n')}`);
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { counts } of results) {
    for (const key of /** @type {const} */ (['passed', 'failed', 'skipped'])) {
      total[key] += counts[key];
    }
  }
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1;
}
