import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const folder = join(import.meta.dirname, '..');
const recipes = readdirSync(join(folder, 'recipes'));

/** @param {string} file */
const read = (file) => readFileSync(join(folder, file), 'utf8');

/** Returns the blocks of a page in a language. @param {string} page @param {string} language */
function blocksOf(page, language) {
  const blocks = page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'));
  return Array.from(blocks, ([, body = '']) => body);
}

const threads = blocksOf(read('../../docs/threads.md'), 'js');
const outbound = blocksOf(read('../../docs/outbound.md'), 'js');

it.each(recipes)('show %s in the docs as it is', (name) => {
  expect([...threads, ...outbound]).toContain(read(`recipes/${name}`));
});

it('show no other program in docs/threads.md', () => {
  const programs = recipes.map((name) => read(`recipes/${name}`));
  for (const block of threads) expect(programs).toContain(block);
});

it('end with the recipe in the diff of README.md', () => {
  const [diff = ''] = blocksOf(read('README.md'), 'diff');
  const after = diff
    .split('\n')
    .filter((line) => !line.startsWith('-'))
    .map((line) => line.slice(1));
  expect(after.join('\n')).toBe(read('recipes/worker.js'));
});
