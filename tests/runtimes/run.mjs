// Runs the conformance suite on every runtime. See README.md beside this file.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import pLimit from 'p-limit';
import { isInstalled } from '../kit/is-installed.js';

/** @typedef {import('@request-context/conformance/engine').Report} Report */
/** @typedef {import('@request-context/conformance/engine').Result} Result */
/** @typedef {import('./src/unsupported.ts').RuntimeName} RuntimeName */

const here = import.meta.dirname;
const root = join(here, '../..');
const versions = join(here, 'versions');
const suite = join(here, 'dist');
const page = join(root, 'docs/compatibility.md');

/** How many processes run at once. With more, scenarios wait for each other. */
const atOnce = 2;
/** Minutes after which a process is killed that hangs beyond the time limit of its scenarios. */
const limit = 10;

const { values: options } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    install: { type: 'boolean', default: true },
    build: { type: 'boolean', default: true },
    runtime: { type: 'string', multiple: true, default: [] },
    only: { type: 'string', multiple: true, default: [] },
  },
  allowNegative: true,
});

/**
 * How to start each runtime, in the order of the matrix. Scenarios that wait for garbage collection need `gc`, which Bun
 * always has.
 *
 * @type {Readonly<Record<RuntimeName, [file: string, ...args: string[]]>>}
 */
const commands = {
  'node-20': ['node20/bin/node', '--expose-gc'],
  'node-22': ['node22/bin/node', '--expose-gc'],
  'node-24': ['node24/bin/node', '--expose-gc'],
  'node-26': ['node26/bin/node', '--expose-gc'],
  bun: ['@oven/bun-linux-x64/bin/bun', '--no-install'],
  deno: [
    '@deno/linux-x64-glibc/deno',
    'run',
    '--allow-all',
    '--cached-only',
    '--no-lock',
    '--v8-flags=--expose-gc',
  ],
};

const runtimeNames = /** @type {RuntimeName[]} */ (Object.keys(commands));

/**
 * @param {string} message
 * @returns {never}
 */
function stop(message) {
  console.error(message);
  process.exit(1);
}

/**
 * Returns the content of a file, or nothing if it cannot be read.
 *
 * @param {string} file
 */
function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Runs one group of the suite in a separate process, so that one that dies does not affect the others.
 *
 * @param {RuntimeName} runtime
 * @param {string} group
 * @param {string} scratch
 * @returns {Promise<Report>}
 */
async function runGroup(runtime, group, scratch) {
  const [file, ...args] = commands[runtime];
  const json = join(scratch, `${runtime}.${group}.json`);
  args.push(join(suite, 'run.js'), '--group', group, '--json', json);
  for (const name of options.only) args.push('--only', name);
  const { stdout, stderr, shortMessage } = await execa(join(versions, 'node_modules', file), args, {
    cwd: here,
    env: { DENO_DIR: join(scratch, 'deno'), DENO_NO_UPDATE_CHECK: '1' },
    stdin: 'ignore',
    timeout: limit * 60_000,
    killSignal: 'SIGKILL',
    // The report holds failures of scenarios.
    reject: false,
  });
  /** @type {Report} */
  const report = readJson(json) ?? { runtime, version: '', isComplete: false, cells: [] };
  const { version, isComplete, cells } = report;
  if (cells.length > 0) console.log(`\n${runtime} ${version}\n${stdout}`);
  if (isComplete) return report;
  // Frameworks write errors thrown on purpose to stderr too. The last error may be the cause of death.
  const result = diedResult(`${shortMessage}\n${stderr.slice(-4000)}`);
  console.log(`\n${runtime} ${group}: ${result.error}`);
  return { ...report, cells: [...cells, { adapter: group, family: 'process', results: [result] }] };
}

/**
 * Returns a result that replaces the results of a process that died.
 *
 * @param {string} error
 * @returns {Result}
 */
function diedResult(error) {
  return {
    id: 'process',
    title: 'run to the end of the process',
    places: 0,
    outcome: 'failed',
    error,
    tally: { right: 0, lost: 0, foreign: 0 },
  };
}

/**
 * Merges the reports of groups into one report for each runtime.
 *
 * @param {Report[]} parts
 * @returns {Report[]}
 */
function merge(parts) {
  return runtimeNames.flatMap((runtime) => {
    const own = parts.filter((part) => part.runtime === runtime);
    if (own.length === 0) return [];
    const version = own.find((part) => part.version !== '')?.version ?? '';
    return [{ runtime, version, isComplete: true, cells: own.flatMap(({ cells }) => cells) }];
  });
}

/**
 * Writes the page, or prints where the existing page differs. Returns whether the page is up to date.
 *
 * @param {string} content
 */
function checkPage(content) {
  if (!options.check) {
    writeFileSync(page, content);
    return true;
  }
  const current = existsSync(page) ? readFileSync(page, 'utf8').split('\n') : [];
  const wanted = content.split('\n');
  const line = wanted.findIndex((text, index) => text !== current[index]);
  if (line === -1 && current.length === wanted.length) return true;
  console.error(`docs/compatibility.md is stale, from line ${line + 1} on. This run makes of it:`);
  console.error(wanted[line]);
  console.error('Run `npm run test:runtimes` and commit the page.');
  return false;
}

if (process.platform !== 'linux' || process.arch !== 'x64') {
  stop(`The runtimes are those for linux-x64; this is ${process.platform}-${process.arch}.`);
}
const unknown = options.runtime.filter((name) => !Object.hasOwn(commands, name));
if (unknown.length > 0) stop(`No such runtime: ${unknown}. There are ${runtimeNames}.`);
const runtimes = runtimeNames.filter(
  (name) => options.runtime.length === 0 || options.runtime.includes(name),
);

const inherit = /** @type {const} */ ({ stdio: 'inherit' });
if (options.install && !isInstalled(versions))
  await execa('npm', ['ci'], { ...inherit, cwd: versions });
if (options.build) await execa('npx', ['tsdown', '--logLevel', 'warn'], { ...inherit, cwd: root });
// Imported only now, because the build has just created them.
/** @type {typeof import('./src/groups.ts')} */
const { groupNames } = await import(join(suite, 'groups.js'));
/** @type {typeof import('./src/compatibility.ts')} */
const { compatibilityPage, failingTable, matrix } = await import(join(suite, 'compatibility.js'));
/** @type {typeof import('@request-context/conformance/engine')} */
const { countResults } = await import('@request-context/conformance/engine');

const scratch = mkdtempSync(join(tmpdir(), 'runtime-tests-'));
const inTurn = pLimit(atOnce);
const parts = await Promise.all(
  runtimes.flatMap((runtime) =>
    groupNames.map((group) => inTurn(() => runGroup(runtime, group, scratch))),
  ),
).finally(() => rmSync(scratch, { recursive: true }));
const reports = merge(parts);
console.log(['', ...matrix(reports), '', ...failingTable(reports)].join('\n'));

const isWhole = options.runtime.length === 0 && options.only.length === 0;
const isPageRight = isWhole ? checkPage(compatibilityPage(reports)) : true;
const results = reports.flatMap(({ cells }) => cells.flatMap((cell) => cell.results));
const { passed, failed, skipped } = countResults(results);
// Scripts read this last line.
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
if (failed > 0 || passed === 0 || !isPageRight) process.exitCode = 1;
