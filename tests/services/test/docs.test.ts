import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { casesTable } from '../src/cases-table.ts';
import * as clients from '../src/clients/index.ts';

const root = join(import.meta.dirname, '..');
const page = join(root, '../../docs/clients.md');
const text = readFileSync(page, 'utf8');

/** The code that the tests run, without its indentation. */
const tested = ['src', 'src/clients', 'test']
  .flatMap((folder) => readdirSync(join(root, folder), { withFileTypes: true }))
  .filter((entry) => entry.isFile())
  .map((entry) => unindented(readFileSync(join(entry.parentPath, entry.name), 'utf8')));

function unindented(code: string): string {
  return code.replace(/^ +/gm, '');
}

describe('docs/clients.md', () => {
  const blocks = Array.from(text.matchAll(/^```ts\n(.*?)^```$/gms), ([, code]) => String(code));

  it.each(blocks)('shows code that is tested: %s', (block) => {
    expect(tested.some((code) => code.includes(unindented(block)))).toBe(true);
  });

  // npm run test:services -- docs -u writes the tables.
  it('has a table of the cases of each client', async () => {
    let current = text;
    for (const { name, cases } of Object.values(clients)) {
      const [start, end] = [`<!-- cases of ${name} -->\n`, '\n<!-- end of cases -->'];
      const from = current.indexOf(start);
      expect(from, `docs/clients.md has ${start}`).toBeGreaterThan(-1);
      const to = current.indexOf(end, from);
      current = current.slice(0, from + start.length) + casesTable(cases) + current.slice(to);
    }
    await expect(current).toMatchFileSnapshot(page);
  });
});
