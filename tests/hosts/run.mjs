// Runs the cases against the packed packages. README.md beside this file describes its use.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { isInstalled } from '../kit/is-installed.js';
import { cases } from './cases.mjs';

/** @typedef {import('./cases.mjs').Case} Case */

/**
 * What a program reports about one check.
 *
 * @typedef {object} Check
 * @property {string} what
 * @property {unknown} [same]
 * @property {unknown} [expected]
 * @property {unknown} [got]
 * @property {number[]} [atMost]
 * @property {number[]} [slack]
 */

/**
 * @typedef {object} Run
 * @property {Check[]} checks
 * @property {string} [died] - How the program ended, unless it reached its end.
 */

const here = import.meta.dirname;
const root = join(here, '../..');
const programs = join(here, 'cases');

/** How many processes run at once. */
const atOnce = 2;
/** Seconds after which a program is killed. */
const limit = 60;

const { values: options } = parseArgs({
  options: {
    node: { type: 'string', default: process.execPath },
    only: { type: 'string', multiple: true, default: [] },
    install: { type: 'boolean', default: true },
    build: { type: 'boolean', default: true },
    control: { type: 'boolean', default: false },
    times: { type: 'boolean', default: false },
  },
  allowNegative: true,
});

/** @param {string} message @returns {never} */
function stop(message) {
  console.error(message);
  process.exit(1);
}

/** @param {string} command @param {string[]} args @param {string} cwd */
function execute(command, args, cwd) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: ['ignore', 2, 2] });
  if (status !== 0) stop(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
}

/** Installs the tarballs beside the programs, with their dependencies and no framework. */
function installPackages() {
  const folder = mkdtempSync(join(tmpdir(), 'host-tests-'));
  const names = ['core', 'logging', 'node-http', 'express', 'koa', 'fastify'];
  const filters = names.flatMap((name) => ['--filter', `./packages/${name}`]);
  execute('npx', ['-y', 'pnpm@12', '-r', ...filters, 'pack', '--pack-destination', folder], root);
  const tarballs = readdirSync(folder).map((file) => join(folder, file));
  rmSync(join(programs, 'node_modules'), { recursive: true, force: true });
  const install = ['install', '--prefix', programs, '--no-save', '--no-package-lock'];
  execute('npm', [...install, '--legacy-peer-deps', '--no-audit', '--no-fund', ...tarballs], here);
  rmSync(folder, { recursive: true });
}

/**
 * @param {Case} item
 * @param {'none' | 'packed'} library
 * @returns {Promise<Run>}
 */
async function run({ program, args }, library) {
  const { stdout, stderr, code, signal } = await promisify(execFile)(
    options.node,
    [join(programs, `${program}.mjs`), ...args],
    {
      cwd: programs,
      env: { ...process.env, LIBRARY: library },
      timeout: limit * 1000,
      killSignal: 'SIGKILL',
      maxBuffer: Number.POSITIVE_INFINITY,
    },
  ).catch((error) => error);
  const records = [...stdout.matchAll(/^@@ (.*)$/gm)].map(([, json]) => JSON.parse(json ?? ''));
  const checks = records.filter(({ what }) => what !== undefined);
  if (records.at(-1)?.isEnd) return { checks };
  return { checks, died: `ended with ${signal ?? code}: ${reasonIn(stderr)}` };
}

/** Returns the line of a process's stderr that explains why it ended. @param {string} errors */
function reasonIn(errors) {
  const lines = errors.split('\n').map((line) => line.trim());
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.find((line) => line !== '') ?? '';
}

/**
 * The result of one check.
 *
 * @typedef {object} Result
 * @property {string} what
 * @property {'passed' | 'FAULT'} outcome
 * @property {string} [why]
 */

/** @param {Run} bare @param {Run} ours @returns {Result[]} */
function judge(bare, ours) {
  if (bare.died !== undefined) {
    return [{ what: 'without the library', outcome: 'FAULT', why: `the program ${bare.died}` }];
  }
  /** @type {Result[]} */
  const results = ours.checks.map((check) => judgeCheck(check, bare.checks));
  for (const { what } of bare.checks) {
    if (ours.died === undefined && !ours.checks.some((check) => check.what === what)) {
      results.push({ what, outcome: 'FAULT', why: 'expected a report, but there is none' });
    }
  }
  const why = `expected the program to reach its end; it ${ours.died}`;
  if (ours.died !== undefined) results.push({ what: '', outcome: 'FAULT', why });
  if (results.length === 0) {
    results.push({ what: '', outcome: 'FAULT', why: 'the program checked nothing' });
  }
  return results;
}

/** @param {Check} check @param {Check | undefined} bare @returns {Result} */
function judgeFigures({ what, atMost = [], slack = [] }, bare) {
  if (bare?.atMost === undefined) return { what, outcome: 'FAULT', why: 'nothing to compare with' };
  const most = bare.atMost.map((figure, index) => figure + (slack[index] ?? 0));
  const isRight = atMost.some((figure, index) => figure <= (most[index] ?? 0));
  if (isRight) return { what, outcome: 'passed' };
  return { what, outcome: 'FAULT', why: `expected at most ${most.join(' or ')}; got ${atMost}` };
}

/** @param {Check} check @param {Check[]} others @returns {Result} */
function judgeCheck(check, others) {
  const { what } = check;
  const other = others.find((each) => each.what === what);
  if (check.atMost !== undefined) return judgeFigures(check, other);
  const isComparison = 'same' in check;
  if (isComparison && other === undefined) {
    return { what, outcome: 'FAULT', why: 'nothing to compare with' };
  }
  const [expected, got] = isComparison ? [other?.same, check.same] : [check.expected, check.got];
  try {
    assert.deepEqual(got, expected);
    return { what, outcome: 'passed' };
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    return { what, outcome: 'FAULT', why: message.slice(0, 2000) };
  }
}

/** @param {Case} item */
async function runCase(item) {
  const start = performance.now();
  const bare = await run(item, 'none');
  const ours = await run(item, options.control ? 'none' : 'packed');
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const counts = { passed: 0, failed: 0 };
  for (const { what, outcome, why } of judge(bare, ours)) {
    const title = [item.program, item.args.join(', '), what].filter((part) => part !== '');
    console.log(`${outcome.padEnd(7)} ${title.join(': ')}${why === undefined ? '' : `: ${why}`}`);
    counts[outcome === 'FAULT' ? 'failed' : outcome]++;
  }
  return { item, counts, seconds };
}

async function main() {
  const isChosen = (/** @type {Case} */ { program, args }) =>
    options.only.length === 0 ||
    options.only.some((text) => [program, ...args].join(', ').includes(text));
  const chosen = cases.filter(isChosen);
  if (chosen.length === 0) stop(`No case is named like ${options.only}.`);

  if (options.install && !isInstalled(here)) execute('npm', ['ci', '--ignore-scripts'], here);
  if (options.build) {
    execute('npx', ['tsdown', '--logLevel', 'warn'], root);
    installPackages();
  }
  const { stdout } = spawnSync(options.node, ['--version'], { encoding: 'utf8' });
  console.log(`Node ${stdout.trim()}, ${chosen.length} programs, with the library and without it`);

  const start = performance.now();
  const total = { passed: 0, failed: 0 };
  /** @type {{ item: Case, seconds: string }[]} */
  const times = [];
  const waiting = chosen.values();
  const work = async () => {
    for (const item of waiting) {
      const { counts, seconds } = await runCase(item);
      times.push({ item, seconds });
      total.passed += counts.passed;
      total.failed += counts.failed;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (options.times) {
    times.sort((a, b) => Number(b.seconds) - Number(a.seconds));
    for (const { item, seconds } of times.slice(0, 25)) {
      console.log(`${seconds} s ${item.program} ${item.args.join(', ')}`);
    }
  }
  console.log(`${Math.round((performance.now() - start) / 1000)} seconds`);
  // Scripts read this last line.
  console.log(`${total.passed} passed, ${total.failed} failed, 0 skipped`);
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1;
}

await main();
