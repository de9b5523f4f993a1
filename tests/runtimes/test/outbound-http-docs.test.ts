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

/** Returns the only program of a section, and what it says that it prints. */
function programOf(heading: string): [program: string, printed: string] {
  const section = page.split(/^(?=##? )/m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const [[, program = ''] = []] = section.matchAll(/^```js\n(.*?)^```$/gms);
  const printed = Array.from(program.matchAll(/; \/\/ (.*)$/gm), ([, line]) => `${line}\n`);
  return [program, printed.join('')];
}

describe.each(['# Outbound calls', '## axios'])('docs/outbound.md, section %s', (heading) => {
  it('have a program that prints what it says', async () => {
    const [program, printed] = programOf(heading);
    const file = join(programs, `${heading.replaceAll(/\W+/g, '-')}.mjs`);
    writeFileSync(file, program);
    const { stdout, stderr } = await run(process.execPath, [file], { timeout: 20_000 });
    expect(stderr).toBe('');
    expect(printed).not.toBe('');
    expect(stdout).toBe(printed);
  });
});
