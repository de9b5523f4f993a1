// Installs what a script of package.json needs, and no more.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runStep } from './child-processes.mjs';

const root = join(import.meta.dirname, '..');

/** Folders with large dependencies, and the suite that needs them. `npm test` needs none of them. */
const heavy = {
  bench: 'bench',
  scripts: 'check',
  'tests/browser': 'browser',
  'tests/services': 'services',
  'tests/stress/differential': 'fuzz',
};

/** The targets that can be installed alone: `npm start` and `npm test` install less than any suite. */
export const targets = ['start', 'test', ...Object.values(heavy)];

/** Whether everything is installed and built: .ci/run does so once, for scripts that run side by side. */
const isPrepared = process.env.REQUEST_CONTEXT_SETUP === 'done';

/**
 * Installs what a target needs, or everything. Updates what is installed already.
 *
 * @param {string} [target]
 */
export async function install(target) {
  if (isPrepared) return;
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const filters = filtersFor(target).map((filter) => `--filter=${filter}`);
  const args = ['-y', packageManager, 'install', '--frozen-lockfile', ...filters];
  await runStep('Installing', 'npx', args);
}

/** Builds the packages. */
export async function build() {
  if (isPrepared) return;
  await runStep('Building', 'npm', ['run', '--silent', 'build']);
}

/** Returns pnpm's filters for a target. @param {string | undefined} target */
function filtersFor(target) {
  // Only `npm test` and wider targets install this example.
  if (target === 'start' && !isInstalled('examples/logging')) {
    return ['{.}', '@request-context/example-*-hello...'];
  }
  if (target === undefined || target === 'check') return [];
  return Object.entries(heavy)
    .filter(([folder, suite]) => suite !== target && !isInstalled(folder))
    .map(([folder]) => `!{./${folder}}`);
}

/** Returns whether a folder's dependencies are installed. @param {string} folder */
function isInstalled(folder) {
  return existsSync(join(root, folder, 'node_modules'));
}
