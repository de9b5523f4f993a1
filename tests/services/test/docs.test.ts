import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const docs = join(import.meta.dirname, '../../../docs');
const recipes = join(import.meta.dirname, '../recipes');

it('show exactly the tested recipes in docs/clients.md and docs/jobs.md, and no other code', () => {
  const pages = ['clients.md', 'jobs.md'].map((page) => readFileSync(join(docs, page), 'utf8'));
  const tested = readdirSync(recipes).map((file) => readFileSync(join(recipes, file), 'utf8'));
  const shown = pages.flatMap((page) =>
    Array.from(page.matchAll(/^```ts\n(.*?)^```$/gms), ([, code]) => String(code)),
  );
  expect(shown.sort()).toEqual(tested.sort());
});
