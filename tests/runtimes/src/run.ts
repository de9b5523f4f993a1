import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  type Cell,
  currentRuntime,
  explain,
  isFailure,
  judge,
  type Report,
  type Result,
  summarize,
} from '@request-context/conformance/engine';
import { groupNames, loadGroup, type Row } from './groups.ts';

const usage = `Runs the conformance suite on the runtime that this is started under.

  --group <name>  a module of adapters, or the core, alone; may be repeated
  --only <name>   an adapter or a family of scenarios alone; may be repeated
  --json <file>   writes the report there
`;

const { values: options } = parseArgs({
  options: {
    group: { type: 'string', multiple: true, default: [] },
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** Runs what the options select, and returns the exit code. */
async function run(): Promise<number> {
  const { name: runtime, version } = currentRuntime();
  const cells: Cell[] = [];
  const write = (isComplete: boolean): void => {
    if (options.json === undefined) return;
    const report: Report = { runtime, version, isComplete, cells };
    writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
  };
  for (const group of groupNames.filter((name) => isWanted(options.group, name))) {
    for (const row of await loadGroup(group, runtime)) {
      if (!isWanted(options.only, row.adapter, row.family)) continue;
      cells.push(await runRow(row));
      // Written now, because the process may die before the end.
      write(false);
    }
  }
  write(true);
  if (cells.length === 0) console.error('There is nothing of that name.');
  const results = cells.flatMap((cell) => cell.results);
  return cells.length === 0 || results.some(isFailure) ? 1 : 0;
}

function isWanted(wanted: readonly string[], ...names: string[]): boolean {
  return wanted.length === 0 || names.some((name) => wanted.includes(name));
}

async function runRow({ adapter, family, tasks }: Row): Promise<Cell> {
  const results: Result[] = [];
  for (const task of tasks) results.push(await judge(task));
  const cell = { adapter, family, results };
  console.log(summarize(cell));
  for (const result of results.filter(isFailure)) console.log(explain(result));
  return cell;
}

if (options.help) console.log(usage);
// Exits even if a scenario, such as one that hung, left something open.
else process.exit(await run());
