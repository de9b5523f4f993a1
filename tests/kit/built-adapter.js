// Adapters for servers in child processes: the built ones, because Node 20 runs no TypeScript.
const modules = ['node-http', 'express', 'koa', 'fastify'];

/** The names of the adapters of tests/runtimes. */
export const adapterNames = [
  'node-http',
  'express-4',
  'express-5',
  'koa-2',
  'koa-3',
  'fastify-4',
  'fastify-5',
];

/**
 * Returns the built adapter of a name.
 *
 * @param {string | undefined} name
 * @returns {Promise<any>}
 */
export async function getAdapter(name = '') {
  const file = modules.find((module) => name.startsWith(module));
  const built = new URL(`../runtimes/dist/adapters/${file}-adapters.js`, import.meta.url);
  const adapters = Object.values(await import(built.href)).flat();
  return adapters.find((adapter) => adapter.name === name);
}
