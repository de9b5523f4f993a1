import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
const mocha = join(
  dirname(createRequire(import.meta.url).resolve('mocha/package.json')),
  'bin/mocha.js',
);

/** Writes the README's block that holds `part` to a file, limited to one family of scenarios. Returns its path. */
function writeBlock(part: string): string {
  const blocks = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code);
  const block = blocks.find((code) => code.includes(part));
  const folder = mkdtempSync(join(import.meta.dirname, 'modules/runner-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'adapter.test.js');
  const some = "scenariosFor(adapter).filter(({ family }) => family === 'header')";
  const code = String(block)
    .replace("'./conformance-adapter.js'", "'../adapter.js'")
    .replace('scenariosFor(adapter)', some);
  expect(code).toContain(some);
  writeFileSync(file, code);
  return file;
}

it.each([
  ['node:test', "from 'node:test'", ['--test', '--test-reporter=tap'], /\n# pass 4\n# fail 0\n/],
  ['mocha', 'describe(', [mocha, '--timeout=30000'], /\n {2}4 passing /],
])('run in %s as the README shows', async (_runner, part, args, passed) => {
  // node:test within node:test would report to the outer runner.
  const { NODE_TEST_CONTEXT: _, VITEST: __, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, [...args, writeBlock(part)], {
    env,
  });
  expect(stdout).toMatch(passed);
  expect(stdout).toContain('leave the id off the response where `echo` is false (header-echo-off)');
});
