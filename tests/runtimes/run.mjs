// Runs the conformance suite on every runtime. See README.md beside this file.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** @typedef {import('@request-context/conformance/engine').Report} Report */
/** @typedef {import('@request-context/conformance/engine').Result} Result */
/** @typedef {import('./src/unsupported.ts').RuntimeName} RuntimeName */
/** @typedef {typeof import('@request-context/conformance/engine')} Engine */

const here = import.meta.dirname;
const root = join(here, '../..');
const versions = join(here, 'versions');
const suite = join(here, 'dist');
const page = join(root, 'docs/compatibility.md');

/** How many processes run at once. With more, scenarios wait for each other. */
const atOnce = 2;
/** Minutes after which a hanging process is killed, where the limit of a scenario cannot end it. */
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
 * How each runtime is started, in the order of the matrix. Scenarios that wait for something to be
 * collected need `gc`, which Bun has anyway.
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
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 */
function execute(command, args, cwd) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (status !== 0) stop(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
}

/** Whether what the lock file names is installed: installing takes a while. */
function isInstalled() {
  /** @type {{ packages: Record<string, { version?: string }> }} */
  const { packages } = readJson(join(versions, 'package-lock.json'));
  return Object.entries(packages).every(([path, { version }]) => {
    if (path === '') return true;
    try {
      return readJson(join(versions, path, 'package.json')).version === version;
    } catch {
      return false;
    }
  });
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/**
 * Runs one group of the suite in its own process: one that dies takes no other with it.
 *
 * @param {RuntimeName} runtime
 * @param {string} group
 * @param {string} scratch
 * @returns {Promise<Report>}
 */
function runGroup(runtime, group, scratch) {
  const [file, ...args] = commands[runtime];
  const json = join(scratch, `${runtime}.${group}.json`);
  args.push(join(suite, 'run.js'), '--group', group, '--json', json);
  for (const name of options.only) args.push('--only', name);
  return new Promise((resolve) => {
    const child = spawn(join(versions, 'node_modules', file), args, {
      cwd: here,
      env: { ...process.env, DENO_DIR: join(scratch, 'deno'), DENO_NO_UPDATE_CHECK: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limit * 60_000,
      killSignal: 'SIGKILL',
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    // Frameworks write the errors that are thrown on purpose there: of interest if it dies of one.
    child.stderr.on('data', (chunk) => {
      errors = (errors + chunk).slice(-4000);
    });
    child.on('error', (error) => {
      errors += error.message;
    });
    child.on('close', (code, signal) => {
      const report = reportOf(json) ?? { runtime, version: '', isComplete: false, cells: [] };
      const { version, isComplete, cells } = report;
      if (cells.length > 0) console.log(`\n${runtime} ${version}\n${output}`.trimEnd());
      if (isComplete) return resolve(report);
      const result = diedResult(String(signal ?? code), errors);
      console.log(`\n${runtime} ${group}: the process ${result.error}`);
      const died = { adapter: group, family: 'process', results: [result] };
      resolve({ ...report, cells: [...cells, died] });
    });
  });
}

/**
 * @param {string} json
 * @returns {Report | undefined}
 */
function reportOf(json) {
  try {
    return readJson(json);
  } catch {
    return undefined;
  }
}

/**
 * Returns a result that stands for those of a process that died.
 *
 * @param {string} reason
 * @param {string} errors
 * @returns {Result}
 */
function diedResult(reason, errors) {
  return {
    id: 'process',
    title: 'run to the end of the process',
    places: 0,
    outcome: 'failed',
    error: `ended with ${reason}\n${errors}`,
    tally: { right: 0, lost: 0, foreign: 0 },
  };
}

/**
 * Runs all jobs, some at once, and returns their results in order.
 *
 * @template T
 * @param {(() => Promise<T>)[]} jobs
 */
async function runAll(jobs) {
  /** @type {T[]} */
  const results = [];
  const waiting = jobs.entries();
  const work = async () => {
    for (const [index, job] of waiting) results[index] = await job();
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

/**
 * One report a runtime, of the reports of its groups.
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
 * A result, with its runtime and the name of its row.
 * @typedef {{ runtime: string, row: string, result: Result }} Entry
 */

/**
 * Prints a row for each name, with a column for each runtime.
 *
 * @param {string} title
 * @param {Entry[]} entries
 * @param {(results: Result[]) => string} summarize
 */
function printByRuntime(title, entries, summarize) {
  const runtimes = [...new Set(entries.map(({ runtime }) => runtime))];
  const names = [...new Set(entries.map(({ row }) => row))];
  const rows = names.map((name) => {
    const own = entries.filter(({ row }) => row === name);
    const cells = runtimes.map((each) => own.filter(({ runtime }) => runtime === each));
    return [name, ...cells.map((cell) => summarize(cell.map(({ result }) => result)))];
  });
  const lines = [['', ...runtimes], ...rows];
  const widths = ['', ...runtimes].map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  console.log(`\n${title}`);
  for (const line of lines) {
    const padded = line.map((text, column) => text.padEnd(widths[column] ?? 0));
    console.log(padded.join('  ').trimEnd());
  }
}

/**
 * Prints how the scenarios ended, adapter by adapter, and the probes that the project is accountable
 * for; then the probes of each scenario that shows what happens without bind.
 *
 * @param {Report[]} reports
 * @param {Engine} engine
 */
function printMatrix(reports, { countResults, isAccountable, sumTallies }) {
  /** @type {(results: Result[]) => string} */
  const probes = (results) => {
    const { right, lost, foreign } = sumTallies(results);
    return `${right}/${lost}/${foreign}`;
  };
  const all = reports.flatMap(({ runtime, cells }) =>
    cells.flatMap(({ adapter, results }) =>
      results.map((result) => ({ runtime, row: adapter, result })),
    ),
  );
  printByRuntime(
    'Scenarios passed/failed/unsupported, probes right/lost/foreign',
    all,
    (results) => {
      const { passed, failed, skipped } = countResults(results);
      return `${passed}/${failed}/${skipped}, ${probes(results.filter(isAccountable))}`;
    },
  );
  const unbound = all.filter(({ result }) => result.expected === 'fails');
  if (unbound.length === 0) return;
  printByRuntime(
    'What user-land queues do without bind: probes right/lost/foreign, not counted above',
    unbound.map((entry) => ({ ...entry, row: entry.result.id })),
    probes,
  );
}

/**
 * Writes the page, or prints where the existing page differs; returns whether it is up to date.
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

async function main() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    stop(`The runtimes are those for linux-x64; this is ${process.platform}-${process.arch}.`);
  }
  const unknown = options.runtime.filter((name) => !Object.hasOwn(commands, name));
  if (unknown.length > 0) stop(`No such runtime: ${unknown}. There are ${runtimeNames}.`);
  const runtimes = runtimeNames.filter(
    (name) => options.runtime.length === 0 || options.runtime.includes(name),
  );

  if (options.install && !isInstalled()) execute('npm', ['ci'], versions);
  if (options.build) execute('npx', ['tsdown', '--logLevel', 'warn'], root);
  // Only now are they there.
  /** @type {typeof import('./src/groups.ts')} */
  const { groupNames } = await import(join(suite, 'groups.js'));
  /** @type {typeof import('./src/compatibility.ts')} */
  const { compatibilityPage, failingTable } = await import(join(suite, 'compatibility.js'));
  /** @type {Engine} */
  const engine = await import('@request-context/conformance/engine');

  const scratch = mkdtempSync(join(tmpdir(), 'runtime-tests-'));
  const jobs = runtimes.flatMap((runtime) =>
    groupNames.map((group) => () => runGroup(runtime, group, scratch)),
  );
  const reports = merge(await runAll(jobs).finally(() => rmSync(scratch, { recursive: true })));
  printMatrix(reports, engine);
  console.log(failingTable(reports).join('\n'));

  const isWhole = options.runtime.length === 0 && options.only.length === 0;
  const isPageRight = isWhole ? checkPage(compatibilityPage(reports)) : true;
  const results = reports.flatMap(({ cells }) => cells.flatMap((cell) => cell.results));
  const { passed, failed, skipped } = engine.countResults(results);
  // The last line: scripts read it.
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
  if (failed > 0 || passed === 0 || !isPageRight) process.exitCode = 1;
}

await main();
