import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');

const folders = ['.', 'bench', 'docs', 'docs/benchmarks'];
for (const parent of ['packages', 'examples', 'tests', 'tests/stress']) {
  for (const name of readdirSync(join(root, parent))) folders.push(`${parent}/${name}`);
}

const pages = folders
  .filter((folder) => statSync(join(root, folder)).isDirectory())
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name)))
  .filter((file) => file.endsWith('.md'));

/** Returns a page without its code. @param {string} page */
function textOf(page) {
  return readFileSync(join(root, page), 'utf8').replace(/^```.*?^```$/gms, '');
}

/** Returns the anchors that GitHub makes of a page's headings. @param {string} page */
function anchorsOf(page) {
  return Array.from(textOf(page).matchAll(/^#+ (.*)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/\]\([^)]*\)/g, '')
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** @param {string} page @param {string} link */
function leadsSomewhere(page, link) {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(root, target))) return false;
  return anchor === undefined || anchorsOf(target).includes(anchor);
}

it.each(pages)('lead every link of %s somewhere', (page) => {
  const text = textOf(page).replace(/`[^`\n]+`/g, 'code');
  const links = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link);
  const relative = links.filter((link) => !/^[a-z]+:/.test(link));
  expect(relative.filter((link) => !leadsSomewhere(page, link))).toEqual([]);
});
