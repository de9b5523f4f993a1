import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const folder = join(import.meta.dirname, '..');
// In node_modules, so that the programs find this package's dependencies, and no other tool finds the programs.
const programs = mkdtempSync(join(folder, 'node_modules/programs-'));
const page = readFileSync(join(folder, '../../docs/outbound.md'), 'utf8');

afterAll(() => {
  rmSync(programs, { recursive: true });
});

/** Returns the programs of a section, each with what its comments say that it prints. */
function programsOf(heading: string): [program: string, printed: string][] {
  const section = page.split(/^(?=##? )/m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return Array.from(section.matchAll(/^```js\n(.*?)^```$/gms), ([, program = '']) => {
    const printed = Array.from(program.matchAll(/; \/\/ (.*)$/gm), ([, line]) => `${line}\n`);
    return [program, printed.join('')];
  });
}

describe.each([
  ['# Outbound calls', 1],
  ['## fetch', 2],
  ['## undici', 2],
  ['## axios', 1],
])('docs/outbound.md, section %s', (heading, count) => {
  const all = programsOf(heading);

  it(`have ${count} of the page's programs`, () => {
    expect(all).toHaveLength(count);
  });

  it.each(all)('print what the program says: %s', async (program, printed) => {
    const name = `${heading.replaceAll(/\W+/g, '-')}-${all.findIndex(([text]) => text === program)}`;
    const file = join(programs, `${name}.mjs`);
    writeFileSync(file, program);
    const { stdout, stderr } = await run(process.execPath, [file], { timeout: 20_000 });
    expect(stderr).toBe('');
    expect(printed).not.toBe('');
    expect(stdout).toBe(printed);
  });
});
