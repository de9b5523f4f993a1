import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { pack } from './support/pack.ts';

interface Ended {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

const listener = `
  const { requestId } = require('@request-context/node-http');
  const { serve } = require('@request-context/conformance');
  const start = (routes, setup) => {
    const handle = requestId(setup.options);
    return serve((req, res) => handle(req, res, () => {
      const exchange = { req, res, headers: req.headers, send: ({ status = 200, body } = {}) => res.writeHead(status).end(body) };
      return routes[req.method + ' ' + req.url](exchange);
    }), setup);
  };`;

const modules: Readonly<Record<string, string>> = {
  'good.cjs': `${listener} exports.adapter = { name: 'good', start };`,
  'bad.cjs': `${listener} exports.adapter = { name: 'bad', start: (routes) => start(routes, {}) };`,
  'throws.mjs': "export default { name: 'throws', start() { throw new Error('no database'); } };",
  'junk.mjs': "export default { name: 'junk', start: () => ({ url: 'http://127.0.0.1:1' }) };",
  'misspelt.mjs': "export default { name: 'a', start() {}, lacks: { htpp2: 'it has none' } };",
  'unknown.mjs': "export default { name: 'a', start() {}, unsupported: { 'echo-no': 'why' } };",
  'syntax.mjs': 'export default { name: };',
  'imports.mjs': "import 'a-package-that-is-not-there';",
};

let folder = '';

beforeAll(async () => {
  const tarballs = await pack();
  folder = await mkdtemp(join(tmpdir(), 'stranger-'));
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const names = ['conformance', 'core', 'node-http'].map((name) => `@request-context/${name}`);
  const sources = names.map((name) => tarballs[name] ?? name);
  await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', ...sources], {
    cwd: folder,
  });
  for (const [file, text] of Object.entries(modules)) await writeFile(join(folder, file), text);
  await mkdir(join(folder, 'folder'));
});

function start(command: string, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : (error.code ?? null), stdout, stderr }),
    );
  });
}

describe('the command of the packed conformance suite', () => {
  const run = (...args: string[]) => start('npx', 'request-context-conformance', ...args);

  it('exit with 0 for an adapter that passes', async () => {
    const { code, stdout } = await run('good.cjs', '--only', 'header', '--only', 'options');
    expect(stdout).toMatch(/\n7 passed, 0 failed, 0 skipped\n$/);
    expect(code).toBe(0);
  });

  it('exit with 1 for an adapter that falls short', async () => {
    const { code, stdout } = await run('bad.cjs', '--only', 'options');
    expect(stdout).toMatch(/\n {4}options-unknown: must throw at set-up for an unknown option/);
    expect(code).toBe(1);
  });

  it.each([
    [
      'throws',
      'throws.mjs',
      /^\nthrows\n {4}start: must start a server .*\n +Error: no database\n/,
    ],
    ['returns no server', 'junk.mjs', /start\(\) must return \{ url, close\(\) \} or a promise/],
  ])('run no scenario if start %s', async (_what, module, message) => {
    const { code, stdout } = await run(module);
    expect(stdout).toMatch(message);
    expect(stdout).toMatch(/\n0 passed, 1 failed, 0 skipped\n$/);
    expect(code).toBe(1);
  });

  it.each([
    ['a file that is not there', ['no.mjs'], 'Cannot load no.mjs: there is no such file.\n'],
    ['a folder', ['folder'], 'Cannot load folder: it is not a file.\n'],
    [
      'a module with a syntax error',
      ['syntax.mjs'],
      "Cannot load syntax.mjs: SyntaxError: Unexpected token '}'\n`node syntax.mjs` shows where.\n",
    ],
    ['a feature that does not exist', ['misspelt.mjs'], /^a lacks 'htpp2', which is no feature\./],
    [
      'a scenario that does not exist',
      ['unknown.mjs'],
      "a lists 'echo-no' as unsupported, but there is no such scenario.\n",
    ],
    [
      'a report that cannot be written',
      ['good.cjs', '--only', 'header', '--json', 'folder'],
      /^Cannot write the results: EISDIR/,
    ],
    [
      'a module whose import is missing, without the frames of Node',
      ['imports.mjs'],
      /^Cannot load imports\.mjs: .*Cannot find package 'a-package-that-is-not-there'.*\n$/,
    ],
  ])('exit with 2 and say why for %s', async (_what, args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect(stdout).toBe('');
    if (typeof message === 'string') expect(stderr).toBe(message);
    else expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});

describe('scenariosFor of the packed conformance suite', () => {
  it.each([
    ['undefined', 'undefined'],
    ['{}', 'an object'],
    ["{ name: 'a' }", 'an object'],
    ["import('./good.cjs')", 'an instance of Promise'],
  ])('throw for %s', async (value, described) => {
    const { stderr } = await start(
      process.execPath,
      '-e',
      `require('@request-context/conformance').scenariosFor(${value})`,
    );
    expect(stderr).toContain(
      `TypeError: An adapter is { name, start(routes, setup) }, not ${described}.`,
    );
  });
});
