import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const packages = join(import.meta.dirname, '../../packages');
const watch = new URL('../kit/watch-node.js', import.meta.url).href;
const run = promisify(execFile);

/** Every entry of every public package, with the files of its two builds. */
const entries = readdirSync(packages).flatMap((name) => {
  const folder = join(packages, name);
  const { exports = {}, private: isPrivate } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  if (isPrivate) return [];
  return Object.entries<{ import: { default: string }; require: { default: string } }>(exports)
    .filter(([entry]) => entry !== './package.json')
    .map(([entry, files]) => ({
      entry: join('@request-context', name, entry),
      esm: join(folder, files.import.default),
      cjs: join(folder, files.require.default),
    }));
});

// Each runs in its own process: the file that is loaded first decides how a circle within a build resolves.
describe.each(entries)('the build of $entry', ({ esm, cjs }) => {
  it("export the same from CommonJS as from ESM, without warnings, and change nothing of Node's", async () => {
    const program = `
      import { createRequire } from 'node:module';
      import { watchNode } from ${JSON.stringify(watch)};
      const changes = watchNode();
      const cjs = createRequire(import.meta.url)(${JSON.stringify(cjs)});
      const esm = await import(${JSON.stringify(pathToFileURL(esm).href)});
      const describe = (all) => Object.keys(all).sort().map((name) => [name, typeof all[name]].join());
      console.log(JSON.stringify({ cjs: describe(cjs), esm: describe(esm), changes: changes() }));`;
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', program]);
    const built = JSON.parse(stdout);
    expect(built.esm).not.toEqual([]);
    expect(built.cjs).toEqual(built.esm);
    expect(built.changes).toEqual([]);
    expect(stderr).toBe('');
  });
});
