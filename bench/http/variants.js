/**
 * The servers of one framework, by name: `bare` and `naive`, which the others are compared with, and
 * `request-context`; beside them the peers that exist for it.
 *
 * @typedef {Record<string, () => Promise<import('node:http').Server>>} Variants
 */

/** The modules in frameworks/ that are measured. A further adapter needs a file there, and its name here. */
export const frameworkNames = ['node-http', 'express', 'koa', 'fastify'];

/**
 * @param {string} name
 * @returns {Promise<{ title: string, variants: Variants }>}
 */
export function loadFramework(name) {
  return import(`./frameworks/${name}.js`);
}
