// Adapters for servers in processes of their own: Node 20 runs no TypeScript, so they are the built ones.
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
 * @param {string | undefined} name
 * @returns {Promise<any>}
 */
export async function getAdapter(name = '') {
  const file = modules.find((module) => name.startsWith(module));
  const built = new URL(`../runtimes/dist/adapters/${file}-adapters.js`, import.meta.url);
  const adapters = Object.values(await import(built.href)).flat();
  return adapters.find((adapter) => adapter.name === name);
}
