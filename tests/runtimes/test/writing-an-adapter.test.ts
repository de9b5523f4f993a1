import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Adapter, scenariosFor } from '@request-context/conformance';
import { afterAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs/writing-an-adapter.md'), 'utf8');
// Within the package that has the page's dependencies.
const folder = join(import.meta.dirname, `page-${process.pid}`);

/** Writes the page's programs to a folder, under the names in their first lines. Returns the names. */
function extract(): string[] {
  mkdirSync(folder);
  return [...page.matchAll(/```ts\n\/\/ (\S+)\n(.*?)```/gs)].map(([, name = '', code = '']) => {
    writeFileSync(join(folder, name), code);
    return name;
  });
}

const names = extract();
afterAll(() => rmSync(folder, { recursive: true }));

const adapters = await Promise.all(
  names
    .filter((name) => name.endsWith('-conformance.ts'))
    .map(async (name) => ((await import(join(folder, name))) as { adapter: Adapter }).adapter),
);

it('have two adapters, each with its conformance module', () => {
  expect(names).toHaveLength(4);
  expect(adapters.map(({ name }) => name)).toEqual(['polka', 'h3']);
});

it('compile', async () => {
  const config = join(folder, 'tsconfig.json');
  const compilerOptions = { isolatedDeclarations: false, noEmit: true };
  writeFileSync(
    config,
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: ['*.ts'] }),
  );
  await promisify(execFile)(join(root, 'node_modules/.bin/tsc'), ['-p', config]);
});

describe.each(adapters.map((adapter) => [adapter.name, adapter] as const))(
  '%s',
  (_name, adapter) => {
    it.each(scenariosFor(adapter).map(({ id, title, run }) => [id, title, run] as const))(
      '%s: must %s',
      async (_id, _title, run) => run(),
    );
  },
);
