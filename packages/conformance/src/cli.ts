#!/usr/bin/env node
import { closeSync, openSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect, parseArgs } from 'node:util';
import { checkAdapter } from './check-adapter.ts';
import type { Adapter } from './contract.ts';
import { isAdapter } from './is-adapter.ts';
import { judge } from './judge.ts';
import { type Cell, type Counts, countResults, explain, isFailure, type Result } from './report.ts';
import { appliesTo } from './run-scenario.ts';
import { scenarioFamilies } from './scenario-families.ts';
import { startServer } from './start-server.ts';
import { taskFor } from './task-for.ts';

const usage = `Usage: request-context-conformance <module> [options]

Runs the conformance suite with the adapters that a module exports, and prints a report. The module
exports an adapter, or an array of them, by default or by name. Exits with 1 where an adapter falls short.

  --only <family>  runs one family of scenarios; may be repeated: ${Object.keys(scenarioFamilies).join(', ')}
  --json <file>    writes the results to a file
  --help           prints this`;

/** A mistake of the caller: its message is all that is printed. */
class UsageError extends Error {}

const options = {
  only: { type: 'string', multiple: true, default: [] as string[] },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** Runs what the arguments ask for, and returns the exit code. */
async function run(): Promise<number> {
  const { values, positionals } = parse();
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const [module, ...more] = positionals;
  if (module === undefined || more.length > 0) throw new UsageError(`Name one module.\n\n${usage}`);
  const unknown = values.only.filter((family) => !Object.hasOwn(scenarioFamilies, family));
  if (unknown.length > 0) {
    const known = Object.keys(scenarioFamilies).join(', ');
    throw new UsageError(`There is no family ${unknown.join(', ')}. The families: ${known}.`);
  }
  const adapters = await load(module);
  if (values.json !== undefined) checkWritable(values.json);
  const cells: Cell[] = [];
  for (const adapter of adapters) cells.push(...(await runAdapter(adapter, values.only)));
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify({ cells }, undefined, 2)}\n`);
  }
  const counts = countResults(cells.flatMap(({ results }) => results));
  console.log(`\n${describe(counts)}`);
  return counts.failed > 0 ? 1 : 0;
}

function parse() {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
}

/** Fails at once for a file that cannot be written, not after all scenarios. */
function checkWritable(file: string): void {
  try {
    closeSync(openSync(file, 'a'));
  } catch (error) {
    throw new UsageError(`Cannot write the results: ${(error as Error).message}`);
  }
}

/** Returns the adapters that a module exports. */
async function load(module: string): Promise<Adapter[]> {
  const path = resolve(module);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isFile()) {
    const problem = stats === undefined ? 'there is no such file' : 'it is not a file';
    throw new UsageError(`Cannot load ${module}: ${problem}.`);
  }
  let exported: Record<string, unknown>;
  try {
    exported = await import(pathToFileURL(path).href);
  } catch (error) {
    throw new UsageError(`Cannot load ${module}: ${explainLoading(error, module)}`);
  }
  // A CommonJS module's exports are its default as well.
  const { default: own, ...named } = exported;
  const candidates = [
    own,
    ...Object.values(isAdapter(own) ? {} : { ...(own as object) }),
    ...Object.values(named),
  ];
  const adapters = new Set(candidates.flat().filter(isAdapter));
  if (adapters.size === 0) {
    throw new UsageError(
      `${module} exports no adapter. Export { name, start(routes, setup) }, or an array of them.`,
    );
  }
  for (const adapter of adapters) {
    try {
      checkAdapter(adapter);
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
  }
  return [...adapters];
}

function explainLoading(error: unknown, module: string): string {
  if (!(error instanceof Error)) return inspect(error);
  if ('code' in error && error.code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    return `${error.message}\nCompile it first, or use Node 22.18 or later, which runs TypeScript.`;
  }
  // Its stack has the place only where Node prints it.
  if (error instanceof SyntaxError) return `${error}\n\`node ${module}\` shows where.`;
  const lines = (error.stack ?? String(error)).split('\n');
  return lines.filter((line) => !(line.startsWith('    at ') && line.includes('node:'))).join('\n');
}

async function runAdapter(adapter: Adapter, only: readonly string[]): Promise<Cell[]> {
  console.log(`\n${adapter.name}`);
  const started = await judge({
    id: 'start',
    title: 'start a server without options',
    places: 0,
    run: async () => (await startServer(adapter)).close(),
  });
  if (isFailure(started)) {
    // Each scenario would fail alike, some after their limit.
    console.log(indent(explain(started)));
    return [{ adapter: adapter.name, family: 'start', results: [started] }];
  }
  const cells: Cell[] = [];
  for (const [family, scenarios] of Object.entries(scenarioFamilies)) {
    if (only.length > 0 && !only.includes(family)) continue;
    const results: Result[] = [];
    for (const scenario of scenarios.filter((each) => appliesTo(each, adapter))) {
      results.push(await judge(taskFor(scenario, adapter)));
    }
    cells.push({ adapter: adapter.name, family, results });
    console.log(`  ${family.padEnd(13)} ${describe(countResults(results))}`);
    for (const result of results.filter(isFailure)) console.log(indent(explain(result)));
  }
  for (const [feature, reason] of Object.entries(adapter.lacks ?? {})) {
    const scenarios = Object.values(scenarioFamilies).flat();
    const count = scenarios.filter(({ needs }) => needs?.includes(feature as never)).length;
    console.log(`  ${count} scenarios that need '${feature}' do not apply: ${reason}`);
  }
  return cells;
}

function describe({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}

function fail(error: unknown): never {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exit(2);
}

// A timer or socket that a scenario left open, as one that hung does, must not keep the process alive.
run().then((code) => process.exit(code), fail);
