import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { newRequestId } from '@request-context/core';

/** The statuses that Node answers with by itself; anything else is a bad request. */
const statuses: ReadonlyMap<unknown, number> = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
]);

/**
 * Answers what the HTTP parser refused (400, 408, 413, 431) as Node does, and with a fresh id: there
 * is no request that could have one. Gives the id, so that it can be logged with the error.
 *
 * @example
 * server.on('clientError', onClientError);
 * @example
 * server.on('clientError', (error, socket) => {
 *   logger.warn({ requestId: onClientError(error, socket), error });
 * });
 */
export function onClientError(error: Error & { code?: unknown }, socket: Duplex): string {
  return answerClientError(error, socket, 'X-Request-ID');
}

/** The same, with the id in a header of another name. */
export function answerClientError(
  error: Error & { code?: unknown },
  socket: Duplex,
  header: string,
): string {
  const requestId = newRequestId();
  // An answer that is under way cannot be followed by another one.
  const { _httpMessage: answer } = socket as { _httpMessage?: { _headerSent: boolean } | null };
  if (socket.writable && answer?._headerSent !== true) {
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
