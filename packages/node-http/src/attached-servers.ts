import type { IncomingMessage, ServerResponse } from 'node:http';
import { shareInProcess } from '@request-context/core/adapter';

/** Binds a request of a server to its scope. */
type Bind = (req: never, res: never) => unknown;

/** The servers that are attached, by any copy of this package, and how their requests are bound. */
export const attachedServers: WeakMap<object, Bind> = shareInProcess(
  '@request-context/node-http/servers:2',
  () => new WeakMap(),
);

/**
 * Binds a request if its server is attached. Node responds to some requests before its server emits anything:
 * 400 without a Host header, 417, 503 once a connection reaches maxRequestsPerSocket.
 */
export function bindAttached(req: IncomingMessage, res: ServerResponse): void {
  const { server } = (req.socket ?? {}) as { server?: object };
  if (server !== undefined) attachedServers.get(server)?.(req as never, res as never);
}
