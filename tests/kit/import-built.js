/**
 * Imports a built module, for processes on Node 20, which runs no TypeScript.
 *
 * @param {string} path - Within packages/, such as `core/dist/index.js`.
 * @returns {Promise<any>}
 */
export const importBuilt = (path) =>
  import(new URL(`../../packages/${path}`, import.meta.url).href);
