import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse, ServerHttp2Stream } from 'node:http2';

/** A request of Node's servers, over HTTP/1 or by HTTP/2's compatibility API. */
export type RawRequest = IncomingMessage | Http2ServerRequest;
/** A response of Node's servers, over HTTP/1 or by HTTP/2's compatibility API. */
export type RawResponse = ServerResponse | Http2ServerResponse;

/**
 * Returns whether a request or response is of HTTP/2's compatibility API. Applications may have set another
 * `stream` on a request, or on the prototype of responses.
 */
export function isHttp2<M extends object>(
  message: M,
): message is M & { readonly stream: ServerHttp2Stream } {
  if (!('stream' in message)) return false;
  const { stream } = message as { stream: { respond?: unknown } | null | undefined };
  return typeof stream?.respond === 'function';
}
