/**
 * The servers of one framework, by name: `bare` and `naive`, with which the others are compared, `request-context`,
 * and the peers that exist for the framework.
 *
 * @typedef {Record<string, () => Promise<import('node:http').Server>>} Variants
 */

/** The modules in frameworks/ to measure. Another adapter needs a file there, and its name here. */
export const frameworkNames = [
  'node-http',
  'express',
  'koa',
  'fastify',
  'outbound',
  'outbound-fetch',
];

/**
 * Imports the module of a framework.
 *
 * @param {string} name
 * @returns {Promise<{ title: string, variants: Variants }>}
 */
export function loadFramework(name) {
  return import(`./frameworks/${name}.js`);
}
