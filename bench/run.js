// Measures what request-context costs, and writes docs/benchmarks. README.md describes how.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import cliProgress from 'cli-progress';
import { measureFramework } from './http/measure.js';
import { frameworkNames, loadFramework } from './http/variants.js';
import { cases } from './micro/cases.js';
import { measureMicro } from './micro/measure.js';
import { chartOf } from './support/chart.js';
import { httpTable, memoryTable, microTable, page } from './support/report.js';
import { spreadOf } from './support/statistics.js';

const { values: options } = parseArgs({
  options: {
    sets: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '4' },
    requests: { type: 'string', default: '10000' },
    'micro-rounds': { type: 'string', default: '7' },
    framework: { type: 'string', multiple: true, default: frameworkNames },
    variant: { type: 'string', multiple: true, default: [] },
    suite: { type: 'string', multiple: true, default: ['http', 'micro'] },
    out: { type: 'string', default: `${import.meta.dirname}/../docs/benchmarks` },
  },
});
const sets = Number(options.sets);
const rounds = Number(options.rounds);
const amount = Number(options.requests);
const microRounds = Number(options['micro-rounds']);
const node = `node-${process.versions.node.split('.')[0]}`;

process.env.NODE_ENV = 'production';
const bar = new cliProgress.SingleBar({
  format: '{bar} {percentage}% | {what} | {duration_formatted}',
  // Without a terminal, prints a line every 15 seconds.
  noTTYOutput: true,
  notTTYSchedule: 15_000,
});
/** Starts the progress bar. @param {string} what @param {number} total */
function progress(what, total) {
  bar.start(total, 0, { what });
  return { step: () => bar.increment(), end: () => bar.stop() };
}

/**
 * Returns the bytes of one kind: the median of five processes, because V8 sometimes compiles something meanwhile. No
 * garbage is collected while they measure.
 *
 * @param {string} kind
 */
function bytesOf(kind) {
  const flags = ['--expose-gc', '--max-semi-space-size=256', '--min-semi-space-size=256'];
  const script = `${import.meta.dirname}/micro/memory.js`;
  const measured = Array.from({ length: 5 }, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, script, kind], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`memory.js ${kind} failed: ${stderr}`);
    return Number(stdout);
  });
  return spreadOf(measured).median;
}

async function measureHttp() {
  const results = [];
  for (const name of options.framework) {
    const { title } = await loadFramework(name);
    const { step, end } = progress(title, sets);
    const only = options.variant;
    const rows = await measureFramework(name, { sets, rounds, amount, only, onSet: step });
    end();
    results.push({ title, rows });
    console.log(`\n${title}\n\n${httpTable(rows)}\n`);
  }
  return results;
}

async function measureCore() {
  const { step, end } = progress('micro', cases.length);
  const rows = await measureMicro({ rounds: microRounds, onCase: step });
  end();
  console.log(`\n${microTable(rows)}\n`);
  const memory = {
    storage: bytesOf('retained AsyncLocalStorage'),
    context: bytesOf('retained context.run'),
    bare: bytesOf('allocated bare'),
    naive: bytesOf('allocated naive'),
    ours: bytesOf('allocated request-context'),
    rTracer: bytesOf('allocated cls-rtracer'),
  };
  console.log(`${memoryTable(memory)}\n`);
  return { rows, memory };
}

const http = options.suite.includes('http') ? await measureHttp() : [];
const micro = options.suite.includes('micro') ? await measureCore() : undefined;

const isWhole =
  options.suite.length === 2 &&
  options.variant.length === 0 &&
  options.framework.length === frameworkNames.length;
if (isWhole) {
  mkdirSync(options.out, { recursive: true });
  const heading = {
    command: 'npm run bench',
    version: process.version,
    date: new Date().toISOString().slice(0, 10),
    cpu: `${cpus().length} × ${cpus()[0]?.model.trim()}`,
    sets,
    rounds,
    amount,
    microRounds,
  };
  writeFileSync(
    `${options.out}/${node}.svg`,
    chartOf(http, `Node ${heading.version}, ${heading.date}`),
  );
  writeFileSync(`${options.out}/${node}.md`, page(node, heading, http, micro));
  console.log(`Wrote docs/benchmarks/${node}.md and ${node}.svg`);
} else {
  console.log('Measured a part: docs/benchmarks stays as it is.');
}
