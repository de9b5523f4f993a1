import type { TestModule } from 'vitest/node';
import type { Reporter } from 'vitest/reporters';
import { newTally, type Tally } from './probes.ts';

/** What a test of a client notes of itself. */
interface ClientResult {
  readonly client: string;
  readonly column: Column;
  readonly tally: Tally;
}

const columns = ['by itself', 'known gaps', 'with the recipes'] as const;
export type Column = (typeof columns)[number];

declare module 'vitest' {
  interface TaskMeta {
    results?: ClientResult[];
  }
}

/** Ends the run with how the probes of each client came out. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const clients = new Map<string, Record<Column, Tally>>();
    for (const module of modules) {
      for (const test of module.children.allTests()) add(clients, test.meta().results ?? []);
    }
    if (clients.size > 0) console.log(`\n${format(clients)}\n`);
  }
}

function add(clients: Map<string, Record<Column, Tally>>, results: ClientResult[]): void {
  for (const { client, column, tally } of results) {
    const row = clients.get(client) ?? emptyRow();
    clients.set(client, row);
    row[column].right += tally.right;
    row[column].lost += tally.lost;
    row[column].foreign += tally.foreign;
  }
}

function emptyRow(): Record<Column, Tally> {
  return { 'by itself': newTally(), 'known gaps': newTally(), 'with the recipes': newTally() };
}

function format(clients: Map<string, Record<Column, Tally>>): string {
  const header = ['right / lost / foreign', ...columns];
  const rows = Array.from(clients, ([client, row]) => [
    client,
    ...columns.map((column) => {
      const { right, lost, foreign } = row[column];
      return `${right} / ${lost} / ${foreign}`;
    }),
  ]);
  return [header, ...rows].map((cells) => cells.map((cell) => cell.padEnd(24)).join('')).join('\n');
}
