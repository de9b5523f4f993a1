import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('show exactly the tested recipes in docs/clients.md, and no other code', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/clients.md'), 'utf8');
  const recipes = join(import.meta.dirname, '../recipes');
  const tested = readdirSync(recipes).map((file) => readFileSync(join(recipes, file), 'utf8'));
  const shown = Array.from(page.matchAll(/^```ts\n(.*?)^```$/gms), ([, code]) => String(code));
  expect(shown.sort()).toEqual(tested.sort());
});
