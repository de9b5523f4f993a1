import { once } from 'node:events';

/**
 * Makes a server listen on a free port of the loopback.
 *
 * @param {import('node:net').Server} server
 */
export async function serve(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const close = () => {
    const closed = new Promise((resolve) => server.close(resolve));
    // Servers of HTTP/2 and of plain sockets have no such method.
    if ('closeAllConnections' in server) /** @type {() => void} */ (server.closeAllConnections)();
    return closed;
  };
  return { url: `http://127.0.0.1:${port}`, port, close };
}
