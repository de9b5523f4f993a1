import {
  isAccountable,
  isFailure,
  type Report,
  type Result,
  sumTallies,
} from '@request-context/conformance/engine';

/** A result, and its origin. */
interface Found {
  readonly runtime: string;
  readonly adapter: string;
  readonly family: string;
  readonly result: Result;
}

/**
 * Returns the page docs/compatibility.md. As long as the same scenarios pass, every run returns the same page, so a stale
 * page shows. The page leaves out how often a queue mixes ids up, because that differs from run to run.
 */
export function compatibilityPage(reports: readonly Report[]): string {
  const found = findAll(reports);
  const listed = found.filter(({ result }) => result.outcome === 'listed');
  const faults = listed.filter(({ result }) => result.expected !== 'fails');
  const unbound = listed.filter(({ result }) => result.expected === 'fails');
  return `${[
    '# Compatibility',
    '',
    '<!-- Made by `npm run test:runtimes`: change the scenarios or what is listed as unsupported, not this page. -->',
    '',
    'One suite of scenarios runs with every adapter on every runtime: real servers, real connections, and in each',
    'scenario many requests side by side, each with its id. A scenario checks the current id in a number of',
    'places: callbacks, events, hooks, error handlers. It passes when every place sees the id of the request being',
    'handled, for every request: never none, never that of another request.',
    '',
    '`npm run test:runtimes` runs it all and makes this page.',
    '',
    '## Scenarios passed',
    '',
    'Passed of all, the number of places, and how often the id was lost there or was that of another request.',
    'What does not pass is listed below with its reason. The id of another request fails the run, listed or not.',
    'Scenarios of queues, emitters, Node APIs and outbound calls do not depend on the adapter: they run with',
    'node-http, and a few of them with every adapter.',
    '',
    ...matrix(reports),
    '',
    ...failingSection(reports),
    '## Unsupported',
    '',
    'What a framework or a runtime does that no adapter can repair. These scenarios still run and must fail, unless',
    'that is a matter of luck: once one passes, the run fails until it comes off the list. Lost is how often the id',
    'was, with 24 requests; it is 0 where something else is wrong.',
    '',
    ...placesTable(faults, found, { lost: ({ tally }) => `${tally.lost}`, reason: reasonOf }),
    '',
    '## What queues, pools and emitters do without bind',
    '',
    'Code between the request and its callback that calls back from elsewhere, such as a pool, a queue or an',
    'emitter that requests share: there is no way to tell which request the callback belongs to. These scenarios',
    'must fail. For each, another scenario of almost the same name shows how to bind the callback.',
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

/** Returns how many scenarios passed, by adapter and runtime, as Markdown. */
export function matrix(reports: readonly Report[]): string[] {
  const found = findAll(reports);
  const head = ['', ...reports.map(({ runtime, version }) => `${titleOf(runtime)} ${version}`)];
  const rows = unique(found.map(({ adapter }) => adapter)).map((adapter) => [
    adapter,
    ...reports.map(({ runtime }) =>
      passed(found.filter((at) => at.runtime === runtime && at.adapter === adapter)),
    ),
  ]);
  return table(head, rows);
}

/** Returns a runtime's title. The names of Node's versions hold a number, which the title leaves out. */
function titleOf(runtime: string): string {
  const [name = ''] = runtime.split('-');
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** Returns how many scenarios passed, in how many places, and how many ids were lost or foreign there. */
function passed(found: readonly Found[]): string {
  const all = found.map(({ result }) => result).filter(({ expected }) => expected !== 'fails');
  const count = all.filter(({ outcome }) => outcome === 'passed').length;
  const accountable = all.filter(isAccountable);
  const places = accountable
    .filter(({ outcome }) => outcome === 'passed')
    .reduce((sum, result) => sum + result.places, 0);
  const { lost, foreign } = sumTallies(accountable);
  // The core's scenarios record nothing.
  const probes = places === 0 ? [] : [`${places} places`, `${lost} lost`, `${foreign} foreign`];
  return [`${count}/${all.length}`, ...probes].join(', ');
}

function failingSection(reports: readonly Report[]): string[] {
  const table = failingTable(reports);
  return table.length > 0
    ? ['## Failing', '', ...table, '']
    : ['Except for what is listed below, no id was lost and none was foreign.', ''];
}

/** Returns what fails, where, and what happens to the id, as Markdown. Returns no lines when nothing fails. */
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

/** Returns a row for each scenario and its remarks, with the adapters and runtimes that share them. */
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
    ['scenario', 'adapters', 'runtimes', ...Object.keys(remarks)],
    merged.map((same) => {
      const [{ result, runtimes }] = same as [(typeof rows)[number]];
      const adapters = namesOf(same, all, 'adapter');
      return [`\`${result.id}\``, adapters, runtimes, ...remarksOn(result)];
    }),
  );
}

/** Returns the names in `some`, or "all" when everything that ran the scenario is in it. */
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
      const { id, title, expected } = (first as Found).result;
      return `- \`${id}\`: ${expected === 'fails' ? 'cannot ' : ''}${title}`;
    }),
  ]);
}

/** Groups items with the same key, in the order in which the keys first occur. */
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
