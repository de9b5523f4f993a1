import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { type ClientCase, type ClientSuite, openings, runCase } from './run-case.ts';
import { absence, type ServiceName, services } from './services.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/clients.md'), 'utf8');

/** Tests all cases of a client twice: with a client created before any request, and with one created by the first. */
export function testClient<Client>(
  name: string,
  service: ServiceName,
  suite: ClientSuite<Client>,
  cases: readonly ClientCase<Client>[],
): void {
  it(`list the current cases of ${name} in docs/clients.md`, () => {
    const [, table] = page.split(`<!-- cases of ${name} -->\n`);
    expect(table?.split('\n<!-- end of cases -->')[0]).toBe(tableOf(cases));
  });
  testCases(name, service, suite, cases);
}

/** Tests all cases of a client as {@link testClient} does. They are not listed. */
export function testCases<Client>(
  name: string,
  service: ServiceName,
  suite: ClientSuite<Client>,
  cases: readonly ClientCase<Client>[],
): void {
  withService(service, name, () => {
    describe.each(openings)('created %s', (opening) => {
      for (const clientCase of cases) {
        const { title, recipe } = clientCase;
        const wrong = wrongIn(clientCase);
        it(`${wrong.length === 0 ? 'keep' : 'lose'} the id in ${title}`, async () => {
          expect(await runCase(suite, clientCase, { opening })).toEqual(new Set(wrong));
        });
        if (recipe === undefined) continue;
        it(`keep the id in ${title}, with the recipe: ${recipe}`, async () => {
          const run = runCase(suite, clientCase, { opening, withRecipe: true });
          expect(await run).toEqual(new Set());
        });
      }
    });
  });
}

/** Describes tests that need a service. Without it, skips them, and says so. */
export function withService(service: ServiceName, name: string, tests: () => void): void {
  const isAbsent = inject('absentServices').includes(service);
  describe.skipIf(isAbsent)(isAbsent ? `${name}: ${absence(services[service])}` : name, tests);
}

type Listed = Pick<ClientCase<never>, 'title' | 'places' | 'recipe' | 'wrong'>;

/** Returns the places that are wrong without the recipe. */
function wrongIn({ places, recipe, wrong = places }: Listed): readonly string[] {
  return recipe === undefined ? [] : wrong;
}

/** Returns the cases as an aligned Markdown table: which places are right without a recipe, and the recipe if any is not. */
function tableOf(cases: readonly Listed[]): string {
  const rows = cases.map((each) => {
    const { title, places, recipe = '' } = each;
    const gaps = wrongIn(each);
    if (gaps.length === 0) return [title, 'yes', ''];
    const isAll = gaps.length === places.length;
    return [title, isAll ? 'no' : `not ${gaps.map((gap) => `\`${gap}\``).join(', ')}`, recipe];
  });
  const all = [['Use', 'Right id', 'Recipe'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = '', ...body] = all.map(line);
  return [head, line(widths.map((width) => '-'.repeat(width))), ...body].join('\n');
}
