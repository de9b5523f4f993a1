import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { before as apps } from '../recipes/before.js';

const folder = join(import.meta.dirname, '..');
const recipes = join(folder, 'recipes');
const helpers = ['before.js', 'run.js', 'context-values.d.ts'];

const page = readFileSync(join(folder, '../../docs/logging.md'), 'utf8');
const blocks = Array.from(page.matchAll(/^```(\w+)\n(.*?)^```$/gms), ([_, language, body]) => ({
  language: String(language),
  body: String(body),
}));

/** The recipes of the page, each with the lines below it. */
const shown = blocks.flatMap(({ language, body }, index) => {
  const name = readdirSync(recipes).find(
    (file) => readFileSync(join(recipes, file), 'utf8') === body,
  );
  if (language !== 'js' || name === undefined) return [];
  const next = blocks[index + 1];
  return { name: name.replace('.js', ''), lines: next?.language === 'diff' ? next.body : '' };
});

/**
 * Returns the lines that a recipe writes, with fixed times, process ids and hosts.
 *
 * @param {string[]} args
 */
async function written(args) {
  const { NODE_ENV, ...env } = process.env;
  const child = spawn(process.execPath, ['recipes/run.js', ...args], { cwd: folder, env });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return (stdout + stderr)
    .split('\n')
    .filter((line) => line !== '' && !/^ +at |Server listening/.test(line))
    .map((line) =>
      line
        .replace(/"time":\d+/, '"time":1795359643303')
        .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/, '2026-11-22T15:00:43.303Z')
        .replace(/"pid":\d+/, '"pid":4711')
        .replace(/"hostname":"[^"]*"/, '"hostname":"web1"')
        .replace(/"responseTime":[\d.]+/, '"responseTime":2'),
    );
}

describe('docs/logging.md', () => {
  it('show every recipe', () => {
    const files = readdirSync(recipes).filter((file) => !helpers.includes(file));
    expect(shown.map(({ name }) => `${name}.js`).sort()).toEqual(files.sort());
  });

  it('show no other program, except for parts of context-values.d.ts', () => {
    const types = readFileSync(join(recipes, 'context-values.d.ts'), 'utf8');
    const programs = shown.map(({ name }) => readFileSync(join(recipes, `${name}.js`), 'utf8'));
    for (const { language, body } of blocks) {
      if (!['js', 'ts'].includes(language) || programs.includes(body)) continue;
      expect(types).toContain(body);
    }
  });

  it.each(shown)('write the lines that the page shows, in $name', async ({ name, lines }) => {
    const runs = Object.hasOwn(apps, name) ? [[name], [name, 'before']] : [[name]];
    const [after = [], appBefore] = await Promise.all(runs.map(written));
    // Outside of requests, a logger writes the same lines as without our packages.
    const before = appBefore ?? after.splice(0, 1);
    const marked = [...before.map((line) => `-${line}`), ...after.map((line) => `+${line}`)];
    expect(lines.split('\n').slice(0, -1).sort()).toEqual(marked.sort());
  });
});
