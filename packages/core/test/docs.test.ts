import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tsc } from '../../../tests/packages/support/tsc.ts';

const root = join(import.meta.dirname, '../../..');
const core = join(root, 'packages/core');
const pages = ['docs/tasks.md', 'packages/core/README.md'];
const folder = mkdtempSync(join(tmpdir(), 'request-context-docs-'));

interface Block {
  language: string;
  text: string;
  line: number;
  /** What it prints: the text block right after it. */
  output: string | undefined;
}

/** Returns the fenced blocks of a page. */
function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), 'utf8');
  const fences = text.matchAll(/^```(\w+)\n(.*?)^```$(?:\n```text\n(.*?)^```$)?/gms);
  return Array.from(fences, (fence) => ({
    language: String(fence[1]),
    text: String(fence[2]),
    line: text.slice(0, fence.index).split('\n').length,
    output: fence[3],
  }));
}

function blocksIn(language: string): [string, number, Block][] {
  return pages.flatMap((page) =>
    blocksOf(page)
      .filter((block) => block.language === language)
      .map((block): [string, number, Block] => [page, block.line, block]),
  );
}

/** Creates a project that depends on the built package. */
beforeAll(() => {
  mkdirSync(join(folder, 'node_modules/@request-context'), { recursive: true });
  symlinkSync(core, join(folder, 'node_modules/@request-context/core'), 'junction');
  for (const name of ['@types', 'typescript']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('programs in the docs', () => {
  it.each(blocksIn('js'))(
    'print what the text block below shows: %s, line %i',
    (_, line, block) => {
      const file = join(folder, `program${line}.js`);
      writeFileSync(file, block.text);
      const printed = execFileSync(process.execPath, [file], { encoding: 'utf8' });
      expect(printed).toBe(block.output);
    },
  );

  it('compile, but for the lines that expect an error', async () => {
    const blocks = blocksIn('ts');
    expect(blocks.length).toBeGreaterThan(0);
    const files = blocks.map(([page, line, block]) => {
      const file = join(folder, `${page.replace(/\W/g, '-')}-${line}.ts`);
      writeFileSync(file, block.text);
      return file;
    });
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023'];
    expect(await tsc(folder, [...options, ...files])).toBe('');
  });
});
