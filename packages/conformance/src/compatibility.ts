import { isAnsweredFor, isFailure, type Report, type Result, sumTallies } from './report.ts';
import type { Level } from './types.ts';

/** A result, and where it was had. */
interface Found {
  readonly runtime: string;
  readonly adapter: string;
  readonly family: string;
  readonly result: Result;
}

/** Those of the matrix: what is MAY has a table of its own. */
const levels: readonly Level[] = ['MUST', 'SHOULD'];

/**
 * The page docs/compatibility.md. It has nothing that differs from run to run as long as the same
 * scenarios pass, so that a stale one can be told: how often a queue mixes ids up does differ.
 */
export function compatibilityPage(reports: readonly Report[]): string {
  const found = findAll(reports);
  const listed = found.filter(({ result }) => result.outcome === 'listed');
  const faults = listed.filter(({ result }) => result.level !== 'MAY');
  const unbound = listed.filter(({ result }) => result.level === 'MAY');
  return `${[
    '# Compatibility',
    '',
    '<!-- Made by `npm run test:runtimes`: change the scenarios or what is listed as unsupported, not this page. -->',
    '',
    'One suite of scenarios, run with every adapter on every runtime: real servers, real connections, and',
    'in each scenario many requests side by side, with an id of their own each. A scenario looks at the',
    'current id in a number of places: callbacks, events, hooks, error handlers. It passes when that is the',
    'id of the request being handled in every place, for every request: never none, never that of another.',
    'MUST is a promise, SHOULD a gap to be closed, MAY a limit that is known.',
    '',
    '`npm run test:runtimes` runs it all, and makes this page.',
    '',
    '## Scenarios passed',
    '',
    'Of how many; in how many places; and how often an id was lost there, or was that of another request.',
    'What is not passed is listed below with its reason, and how often the id was lost. The id of another',
    'request fails the run, listed or not.',
    '',
    ...matrix(reports, found),
    '',
    ...failingSection(reports),
    '## Unsupported',
    '',
    'What a framework or a runtime does that no adapter can mend. These scenarios run all the same and have',
    'to fail, where that is no matter of luck: once one passes, the run fails until it is taken off the list.',
    'Lost is how often the id was, with 24 requests; it is 0 where something else is wrong.',
    '',
    ...placesTable(faults, found, { lost: ({ tally }) => `${tally.lost}`, reason: reasonOf }),
    '',
    '## What user-land queues do without bind',
    '',
    'Code between the request and its callback that calls back from elsewhere, such as a pool, a queue or an',
    'emitter that requests share: nothing tells whom the callback belongs to. For each there is a MUST of',
    'almost the same name that shows how to bind it. These scenarios have to fail too, and are not counted',
    'above.',
    '',
    ...placesTable(unbound, found, { 'the id': whatHappens, reason: reasonOf }),
    '',
    '## Scenarios',
    ...families(found),
  ].join('\n')}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)];
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function matrix(reports: readonly Report[], found: readonly Found[]): string[] {
  const head = ['', ...reports.map(({ runtime, version }) => `${titleOf(runtime)} ${version}`)];
  const rows = unique(found.map(({ adapter }) => adapter)).map((adapter) => [
    adapter,
    ...reports.map(({ runtime }) =>
      passed(found.filter((at) => at.runtime === runtime && at.adapter === adapter)),
    ),
  ]);
  return table(head, rows);
}

/** Node has its version's number in its name. */
function titleOf(runtime: string): string {
  const [name = ''] = runtime.split('-');
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** How many passed of how many, level by level, in how many places, and what went wrong there. */
function passed(found: readonly Found[]): string {
  const all = found.map(({ result }) => result);
  const counts = levels.flatMap((level) => {
    const results = all.filter((result) => result.level === level);
    const count = results.filter(({ outcome }) => outcome === 'passed').length;
    return results.length === 0 ? [] : [`${level} ${count}/${results.length}`];
  });
  const answeredFor = all.filter(isAnsweredFor);
  const places = answeredFor
    .filter(({ outcome }) => outcome === 'passed')
    .reduce((sum, result) => sum + result.places, 0);
  const { lost, foreign } = sumTallies(answeredFor);
  // The core's scenarios note nothing.
  const probes = places === 0 ? [] : [`${places} places`, `${lost} lost`, `${foreign} foreign`];
  return [...counts, ...probes].join(', ');
}

function failingSection(reports: readonly Report[]): string[] {
  const table = failingTable(reports);
  return table.length > 0
    ? ['## Failing', '', ...table, '']
    : ['Elsewhere than in what is listed below, no id was lost and none was foreign.', ''];
}

/** What fails, where, and what becomes of the id, in Markdown; nothing when nothing fails. */
export function failingTable(reports: readonly Report[]): string[] {
  const found = findAll(reports);
  const failed = found.filter(({ result }) => isFailure(result));
  if (failed.length === 0) return [];
  return placesTable(failed, found, { 'what happens': whatHappens });
}

function reasonOf({ reason = '' }: Result): string {
  return reason;
}

function whatHappens({ outcome, tally }: Result): string {
  if (outcome === 'stale') return 'passes, but is listed';
  if (tally.foreign > 0) return 'foreign';
  return tally.lost > 0 ? 'lost' : 'other';
}

function findAll(reports: readonly Report[]): Found[] {
  return reports.flatMap(({ runtime, cells }) =>
    cells.flatMap(({ adapter, family, results }) =>
      results.map((result) => ({ runtime, adapter, family, result })),
    ),
  );
}

/** A row for each scenario and what is remarked on it, with the adapters and runtimes that share them. */
function placesTable(
  found: readonly Found[],
  all: readonly Found[],
  remarks: Readonly<Record<string, (result: Result) => string>>,
): string[] {
  if (found.length === 0) return ['Nothing.'];
  const remarksOn = (result: Result): string[] => Object.values(remarks).map((on) => on(result));
  const perAdapter = group(found, ({ result, adapter }) => [
    result.id,
    ...remarksOn(result),
    adapter,
  ]);
  const rows = perAdapter.map((same) => ({
    ...(same[0] as Found),
    runtimes: namesOf(same, all, 'runtime'),
  }));
  const merged = group(rows, ({ result, runtimes }) => [result.id, ...remarksOn(result), runtimes]);
  return table(
    ['scenario', 'level', 'adapters', 'runtimes', ...Object.keys(remarks)],
    merged.map((same) => {
      const [{ result, runtimes }] = same as [(typeof rows)[number]];
      const adapters = namesOf(same, all, 'adapter');
      return [`\`${result.id}\``, result.level, adapters, runtimes, ...remarksOn(result)];
    }),
  );
}

/** The names in `some`, or "all" when they are those of all that ran the same scenario. */
function namesOf(
  some: readonly Found[],
  all: readonly Found[],
  kind: 'adapter' | 'runtime',
): string {
  const names = unique(some.map((at) => at[kind]));
  const id = some[0]?.result.id;
  const possible = unique(all.filter(({ result }) => result.id === id).map((at) => at[kind]));
  return names.length === possible.length && names.length > 1 ? 'all' : names.join(', ');
}

function families(found: readonly Found[]): string[] {
  return group(found, ({ family }) => [family]).flatMap((same) => [
    '',
    `### ${same[0]?.family}`,
    '',
    ...group(same, ({ result }) => [result.id]).map(([first]) => {
      const { id, level, title } = (first as Found).result;
      return `- \`${id}\`, ${level}: ${title}`;
    }),
  ]);
}

/** Items with the same key together, in the order in which the keys come up. */
function group<T>(items: readonly T[], keyOf: (item: T) => unknown): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = JSON.stringify(keyOf(item));
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [item]);
    else known.push(item);
  }
  return [...groups.values()];
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
