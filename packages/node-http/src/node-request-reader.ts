import type { RequestReader } from '@request-context/core/adapter';
import type { RawRequest } from './raw-message.ts';

/** The part of a socket that identifies its peer. */
interface PeerSocket {
  readonly remoteAddress?: string;
  readonly server?: { address?(): unknown };
}

/** Reads headers and peer of Node's requests. */
export const nodeRequestReader: RequestReader<RawRequest> = {
  header(req, name) {
    const value = req.headers?.[name];
    // Node joins repeated headers with a comma. The raw headers distinguish it from a comma that was sent.
    return typeof value === 'string' && value.includes(',') ? asSent(req, name, value) : value;
  },
  peer(req) {
    // Requests that are made by hand may have no socket.
    const socket = req.socket as PeerSocket | null | undefined;
    if (socket == null) return undefined;
    if (socket.remoteAddress !== undefined) return socket.remoteAddress;
    // No address: a Unix domain socket, or a TCP socket that is gone. Only the first listens on a path.
    return typeof socket.server?.address?.() === 'string' ? 'unix' : undefined;
  },
};

function asSent(req: RawRequest, name: string, joined: string): string | string[] {
  const values: string[] = [];
  // Requests that are made by hand may have no raw headers: then the comma was sent.
  const rawHeaders = (req.rawHeaders ?? []) as readonly string[];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) values.push(rawHeaders[index + 1] ?? '');
  }
  return values.length > 1 ? values : joined;
}
