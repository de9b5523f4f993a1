import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Returns whether everything in a folder's package-lock.json is installed there. npm takes a minute to find out.
 *
 * @param {string} folder
 */
export function isInstalled(folder) {
  /** @type {{ packages: Record<string, { version?: string, optional?: boolean }> }} */
  const { packages } = readJson(join(folder, 'package-lock.json'));
  return Object.entries(packages).every(([path, { version, optional }]) => {
    if (path === '') return true;
    try {
      return readJson(join(folder, path, 'package.json')).version === version;
    } catch {
      // For another platform.
      return optional === true;
    }
  });
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
