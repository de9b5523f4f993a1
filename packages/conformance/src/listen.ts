import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Running } from './types.ts';

/** Lets a server listen on a free port of the loopback. */
export async function listen(server: Server): Promise<Running> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
