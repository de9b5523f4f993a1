import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Running, Setup } from './types.ts';

/** Serves a listener as a scenario wants it, on a free port of the loopback. */
export function serve(listener: RequestListener, setup: Setup = {}): Promise<Running> {
  const server = (setup.createServer ?? createServer)(listener);
  setup.onServer?.(server);
  return listen(server);
}

/** Lets a server listen on a free port of the loopback. */
export async function listen(server: Server): Promise<Running> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
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
