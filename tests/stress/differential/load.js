import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * A package that is loaded when an app needs it. Most have types of other versions, or none.
 *
 * @param {string} name
 * @returns {any}
 */
export const load = (name) => require(name);
