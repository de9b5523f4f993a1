import { once } from 'node:events';

/**
 * Makes a service's server listen on a free port, and reports its URL to the process that started it. The service ends
 * with that process.
 *
 * @param {import('node:http').Server} server
 */
export async function serveService(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  report(`http://127.0.0.1:${port}`);
}

/**
 * Reports that a service is ready.
 *
 * @param {string} [url]
 * @param {() => Promise<unknown>} [close] - Called before the service ends.
 */
export function report(url = '', close = async () => {}) {
  process.once('disconnect', async () => {
    await close();
    process.exit();
  });
  process.send?.({ url });
}
