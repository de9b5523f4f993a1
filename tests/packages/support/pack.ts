import { execFile } from 'node:child_process';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../../..');

/** Packs the packages as they are published. Returns the tarballs' paths by the packages' names. */
export async function pack(): Promise<Readonly<Record<string, string>>> {
  const folder = await mkdtemp(join(tmpdir(), 'tarballs-'));
  const filter = ['-r', '--filter', './packages/*'];
  const args = ['-y', 'pnpm@12', ...filter, 'pack', '--pack-destination', folder];
  await promisify(execFile)('npx', args, { cwd: root });
  const files = (await readdir(folder)).filter((file) => file.endsWith('.tgz'));
  return Object.fromEntries(
    files.map((file) => [
      file.replace(/^request-context-(.+)-\d.*$/, '@request-context/$1'),
      join(folder, file),
    ]),
  );
}
