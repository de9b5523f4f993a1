import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse, ServerHttp2Stream } from 'node:http2';
import type { RequestReader } from '@request-context/core/adapter';

/** A request as Node's servers give it, over HTTP/1 or by HTTP/2's compatibility API. */
export type RawRequest = IncomingMessage | Http2ServerRequest;
/** A response as Node's servers give it, over HTTP/1 or by HTTP/2's compatibility API. */
export type RawResponse = ServerResponse | Http2ServerResponse;

/** A socket, as far as it tells who is at its other end. */
interface Peering {
  readonly remoteAddress?: string;
  readonly server?: { address?(): unknown };
}

/** Reads headers and peer of Node's requests. */
export const incomingReader: RequestReader<RawRequest> = {
  header(req, name) {
    const value = req.headers?.[name];
    // Node joins what was sent twice with a comma; the raw headers tell it from a comma that was sent.
    return typeof value === 'string' && value.includes(',') ? asSent(req, name, value) : value;
  },
  peer(req) {
    // Requests that are made by hand may have none.
    const socket = req.socket as Peering | null | undefined;
    if (socket == null) return undefined;
    if (socket.remoteAddress !== undefined) return socket.remoteAddress;
    // No address: a Unix domain socket, or a TCP socket that is gone. Only the first listens on a path.
    return typeof socket.server?.address?.() === 'string' ? 'unix' : undefined;
  },
};

function asSent(req: RawRequest, name: string, joined: string): string | string[] {
  const values: string[] = [];
  // Requests that are made by hand may have none: then a comma is one that was sent.
  const rawHeaders = (req.rawHeaders ?? []) as readonly string[];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) values.push(rawHeaders[index + 1] ?? '');
  }
  return values.length > 1 ? values : joined;
}

/**
 * Whether a request or response is of HTTP/2's compatibility API. What others name `stream`, as the property
 * of a request or a method of responses, answers nothing.
 */
export function isHttp2<M extends object>(
  message: M,
): message is M & { readonly stream: ServerHttp2Stream } {
  if (!('stream' in message)) return false;
  const { stream } = message as { stream: { respond?: unknown } | null | undefined };
  return typeof stream?.respond === 'function';
}
