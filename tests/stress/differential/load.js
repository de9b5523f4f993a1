import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * Loads a package when an app needs it. Returns `any`, as most packages have types for other versions, or none.
 *
 * @param {string} name
 * @returns {any}
 */
export const load = (name) => require(name);
