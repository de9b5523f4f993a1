import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const folder = join(import.meta.dirname, '..');
const root = join(folder, '../..');
// In node_modules, so that the programs find this package's dependencies, and no other tool finds the programs.
const programs = mkdtempSync(join(folder, 'node_modules/programs-'));

afterAll(() => {
  rmSync(programs, { recursive: true });
});

/** The pages, with the output of each of their programs. A diff holds two programs: before and after the change. */
const pages = {
  'docs/quick-start.md': [
    ...Array(4).fill(['200 null Hello', '200 myid Hello, myid']).flat(),
    '',
    '',
    expect.stringMatching(/^[0-9a-f-]{36}$/),
  ],
  'docs/options.md': ['', '', '', '', '', ''],
  'docs/errors.md': [
    expect.stringMatching(/"requestId":"myid","url":"\/","err":.*payment declined.*\n500 myid /s),
    expect.stringMatching(/^404 null /),
  ],
  'docs/ordering.md': [expect.stringMatching(/^myid arrived\n404 myid /), ''],
  'docs/propagation.md': [
    '',
    expect.stringMatching(/'X-Request-ID': 'myid', baggage: 'tenant=acme' \}\nmyid acme$/),
    '200 myid no tenant',
  ],
  'packages/express/README.md': ['', ''],
  'packages/fastify/README.md': ['', ''],
  'packages/koa/README.md': ['', ''],
  'packages/node-http/README.md': ['200 myid myid', '200 myid myid'],
};

/**
 * Returns a page's programs.
 *
 * @param {string} page
 */
function programsOf(page) {
  const blocks = readFileSync(join(root, page), 'utf8').matchAll(/^```(js|diff)\n(.*?)^```$/gms);
  return Array.from(blocks, ([, language, block = '']) =>
    language === 'js' ? [block] : [sideOf(block, '-'), sideOf(block, '+')],
  ).flat();
}

/** @param {string} diff @param {'-' | '+'} side */
function sideOf(diff, side) {
  const lines = diff.split('\n').filter((line) => [' ', side].includes(line.charAt(0)));
  return lines.map((line) => line.slice(1)).join('\n');
}

describe.each(Object.entries(pages))('%s', (page, expected) => {
  it('have programs that run as they stand', async () => {
    const files = programsOf(page).map((program, index) => {
      const file = join(programs, `${page.replaceAll('/', '-')}-${index}.mjs`);
      writeFileSync(file, program);
      return file;
    });
    const { stdout, stderr } = await run(process.execPath, ['src/run-programs.js', ...files], {
      cwd: folder,
    });
    expect(stderr).toBe('');
    const printed = withoutFastifysLog(stdout).split('---\n');
    expect(printed.slice(0, -1).map((output) => output.trim())).toEqual(expected);
  });
});

/** @param {string} output */
function withoutFastifysLog(output) {
  return output.replace(
    /^\{.*"msg":"(Server listening|incoming request|request completed).*\n/gm,
    '',
  );
}
