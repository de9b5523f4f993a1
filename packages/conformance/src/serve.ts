import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Running, Setup } from './contract.ts';

/**
 * Serves a request listener as `setup` asks, on a free port of 127.0.0.1.
 *
 * @example
 * const { url, close } = await serve(app.handler, setup);
 */
export function serve(listener: RequestListener, setup: Setup = {}): Promise<Running> {
  const server = (setup.createServer ?? createServer)(listener);
  setup.onServer?.(server);
  return listen(server);
}

/**
 * Makes a server listen on a free port of 127.0.0.1.
 *
 * @example
 * const { url, close } = await listen(createServer(app));
 */
export async function listen(server: Server): Promise<Running> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // HTTP/2 servers have none.
        server.closeAllConnections?.();
      }),
  };
}
