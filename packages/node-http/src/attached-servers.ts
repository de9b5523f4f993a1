import type { IncomingMessage, ServerResponse } from 'node:http';

/** Enters a request of a server, as soon as there is a response for it. */
type Enter = (req: never, res: never) => unknown;

// The number rises when the shape of what is stored changes, so that copies that cannot agree stay apart.
const key = Symbol.for('@request-context/node-http/servers:1');

/** The servers that are attached, by whichever copy of this package, and how their requests are entered. */
export const attachedServers: WeakMap<object, Enter> = findAttachedServers();

function findAttachedServers(): WeakMap<object, Enter> {
  const holder = globalThis as { [key]?: { readonly servers: WeakMap<object, Enter> } };
  const existing = holder[key];
  if (existing !== undefined) return existing.servers;
  const servers = new WeakMap<object, Enter>();
  // Frozen: Jest 30 empties what tests leave on globalThis, except properties that cannot be changed.
  Object.defineProperty(globalThis, key, { value: Object.freeze({ servers }) });
  return servers;
}

/**
 * Enters a request if its server is attached. Node answers some requests before its server emits anything:
 * 400 without a Host header, 417, 503 on a connection that had its share.
 */
export function enterAttached(req: IncomingMessage, res: ServerResponse): void {
  const { server } = (req.socket ?? {}) as { server?: object };
  if (server !== undefined) attachedServers.get(server)?.(req as never, res as never);
}
