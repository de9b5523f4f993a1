import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { newRequestId } from '@request-context/core';

/** The statuses that Node itself responds with. Anything else is a bad request. */
const statuses: ReadonlyMap<unknown, number> = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
]);

/**
 * Responds as Node does to what the HTTP parser rejected (400, 408, 413, 431), with a fresh id: there is no request
 * that could have one. Returns the id, so that you can log it with the error.
 *
 * @example
 * server.on('clientError', onClientError);
 * @example
 * server.on('clientError', (error, socket) => {
 *   logger.warn({ requestId: onClientError(error, socket), error });
 * });
 */
export function onClientError(error: Error & { code?: unknown }, socket: Duplex): string {
  return sendClientError(error, socket, 'X-Request-ID');
}

/** Does the same, with the id in a header of another name. */
export function sendClientError(
  error: Error & { code?: unknown },
  socket: Duplex,
  header: string,
): string {
  const requestId = newRequestId();
  // A second response cannot follow one that has begun.
  const { _httpMessage: response } = socket as { _httpMessage?: { _headerSent: boolean } | null };
  if (socket.writable && response?._headerSent !== true) {
    const status = statuses.get(error.code) ?? 400;
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Connection: close',
      `${header}: ${requestId}`,
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
  }
  socket.destroy(error);
  return requestId;
}
