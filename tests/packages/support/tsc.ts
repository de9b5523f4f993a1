import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Runs a compiler that is installed in `folder`. Returns what it prints: nothing, or the errors. */
export async function tsc(
  folder: string,
  args: readonly string[],
  compiler = 'typescript',
): Promise<string> {
  const bin = join(folder, 'node_modules', compiler, 'bin/tsc');
  try {
    const all = [bin, '--pretty', 'false', ...args];
    const { stdout } = await promisify(execFile)(process.execPath, all, { cwd: folder });
    return stdout;
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    // A compiler that did not start prints no errors either.
    if (stdout === undefined || stdout === '') throw error;
    return stdout;
  }
}
