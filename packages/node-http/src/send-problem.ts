import { type ServerResponse, STATUS_CODES } from 'node:http';
import { constants } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { wrapMethod } from '@request-context/core/adapter';
import { endRefusedSocket } from './end-refused-socket.ts';
import { problemOf } from './problem-of.ts';
import { isHttp2, type RawResponse } from './raw-message.ts';

/**
 * Responds to a request that failed, where no framework does, with problem details (RFC 9457). They hold the
 * error's message if it is meant for the client.
 *
 * A response that has begun is cut off, so that the client does not take it for complete. One that has ended is
 * left alone.
 */
export function sendProblem(res: RawResponse, error: unknown): void {
  if (res.writableEnded) return;
  if (res.headersSent) {
    cutOff(res);
    return;
  }
  const { status, headers, body } = problemOf(error);
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  for (const [name, value] of headers) res.setHeader(name, value);
  res.statusCode = status;
  // The handler's message belongs to another status. HTTP/2 has none.
  if (!isHttp2(res)) res.statusMessage = '';
  res.end(body);
}

/** Responds by the socket of an upgrade or a tunnel that failed, and closes it. */
export function sendProblemOnSocket(
  socket: Duplex,
  error: unknown,
  echo: readonly (readonly [name: string, value: string])[],
): void {
  const { status, headers, body } = problemOf(error);
  const lines = [...headers, ...echo, ['Connection', 'close']].map(
    ([name, value]) => `${name}: ${value}`,
  );
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}`, ...lines];
  endRefusedSocket(socket, `${head.join('\r\n')}\r\n\r\n${body}`);
}

function cutOff(res: RawResponse): void {
  if (isHttp2(res)) {
    // stream.destroy() sends NO_ERROR: clients take what they have received for complete.
    res.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  } else if (res.socket) {
    closeConnection(res, res.socket);
  } else {
    // Pipelined: the response gets the connection when those before it have been sent.
    wrapMethod(res, 'assignSocket', (assignSocket) => {
      return function (socket: Socket): void {
        Reflect.apply(assignSocket, this, [socket]);
        closeConnection(this, socket);
      };
    });
  }
}

/** Closes the connection in the middle of a response, in a way that the client notices. */
function closeConnection(res: ServerResponse, socket: Socket): void {
  if (!res.chunkedEncoding && !res.hasHeader('Content-Length')) {
    // The end of the connection ends the response, as over HTTP/1.0: if merely closed, it looks complete.
    try {
      socket.resetAndDestroy();
    } catch {
      // Not plain TCP. TLS has its own end-of-data message, which is not sent.
    }
  }
  socket.destroy();
}
