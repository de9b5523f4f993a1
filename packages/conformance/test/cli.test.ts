import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

const cli = join(import.meta.dirname, '../dist/cli.js');
const modules = join(import.meta.dirname, 'modules');

interface Ended {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args], { cwd: modules }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : (error.code ?? null), stdout, stderr }),
    );
  });
}

it('report a family that passes, and the scenarios that do not apply', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const json = join(folder, 'report.json');
  const { code, stdout } = await run('./adapter.js', '--only', 'header', '--json', json);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\nfrom-a-module\n {2}header +4 passed, 0 failed, 0 skipped\n/);
  expect(stdout).toMatch(/\d+ scenarios that need 'before' do not apply: nothing runs ahead of it/);
  expect(stdout).toMatch(/\n4 passed, 0 failed, 0 skipped\n$/);
  const { cells } = JSON.parse(readFileSync(json, 'utf8'));
  expect(cells).toHaveLength(1);
  expect(cells[0].results.map(({ outcome }: { outcome: string }) => outcome)).toEqual(
    Array(4).fill('passed'),
  );
});

it('explain failures, count listed scenarios as skipped, and exit with 1', async () => {
  const { code, stdout } = await run('wrong.cjs', '--only', 'header', '--only', 'options');
  expect(code).toBe(1);
  expect(stdout).toMatch(/\n {4}header-named: must read and echo the header that `header` names/);
  expect(stdout).toMatch(/\n {4}options-unknown: must throw at set-up for an unknown option/);
  expect(stdout).toMatch(/\n0 passed, 5 failed, 2 skipped\n$/);
});

it.each([
  [
    'a module that exports no adapter',
    ['../../dist/engine.js'],
    /exports no adapter\. Export \{ name, start/,
  ],
  ['a module that is not there', ['./missing.js'], /^Cannot load \.\/missing\.js/],
  ['no module', [], /^Name one module\.\n\nUsage: request-context-conformance/],
  [
    'an unknown family',
    ['./adapter.js', '--only', 'tea'],
    /^There is no family tea\. The families: adopt/,
  ],
  ['an unknown option', ['./adapter.js', '--tea'], /^Unknown option '--tea'/],
])('exit with 2 and a message for %s', async (_what, args, message) => {
  const { code, stdout, stderr } = await run(...args);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(message);
});

it('print its usage', async () => {
  const { code, stdout } = await run('--help');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Usage: request-context-conformance <module> \[options\]\n/);
});
