import { type ServerResponse, STATUS_CODES } from 'node:http';
import { constants } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { wrapMethod } from '@request-context/core/adapter';
import { endRefused } from './end-refused.ts';
import { isHttp2, type RawResponse } from './incoming.ts';

/**
 * Answers a request that failed where there is no framework to do it, with problem details (RFC 9457). They
 * hold the error's message if it is meant for the client.
 *
 * A response that is under way is cut off, so that the client does not take it for whole. One that was ended
 * is left alone.
 */
export function answerError(res: RawResponse, error: unknown): void {
  if (res.writableEnded) return;
  if (res.headersSent) {
    cutOff(res);
    return;
  }
  const { status, headers, body } = problemOf(error);
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  for (const [name, value] of headers) res.setHeader(name, value);
  res.statusCode = status;
  // What the handler has set belongs to another status. HTTP/2 has none.
  if (!isHttp2(res)) res.statusMessage = '';
  res.end(body);
}

/** Answers a request that failed by its socket, which waits for an upgrade or a tunnel, and closes it. */
export function answerErrorOnSocket(
  socket: Duplex,
  error: unknown,
  echo: readonly (readonly [name: string, value: string])[],
): void {
  const { status, headers, body } = problemOf(error);
  const lines = [...headers, ...echo, ['Connection', 'close']].map(
    ([name, value]) => `${name}: ${value}`,
  );
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}`, ...lines];
  endRefused(socket, `${head.join('\r\n')}\r\n\r\n${body}`);
}

function cutOff(res: RawResponse): void {
  if (isHttp2(res)) {
    // stream.destroy() sends NO_ERROR, by which a client takes what it has got for the whole.
    res.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  } else if (res.socket) {
    breakOff(res, res.socket);
  } else {
    // Pipelined: the responses before it go out first, then it gets the connection.
    wrapMethod(res, 'assignSocket', (assignSocket) => {
      return function (socket: Socket): void {
        Reflect.apply(assignSocket, this, [socket]);
        breakOff(this, socket);
      };
    });
  }
}

/** Closes a connection in the middle of a response, such that the client can tell. */
function breakOff(res: ServerResponse, socket: Socket): void {
  if (!res.chunkedEncoding && !res.hasHeader('Content-Length')) {
    // It ends with the connection, as over HTTP/1.0: closed, it would look whole.
    try {
      socket.resetAndDestroy();
    } catch {
      // Not over TCP alone. TLS has an end of its own, which is not sent.
    }
  }
  socket.destroy();
}

/**
 * Makes the answer to a refused id (`onInvalid: 'reject'`) problem details, where the framework
 * would send its own page because no error handler answered. The page is known when it is sent:
 * before, nobody can tell whether a handler further on will answer.
 *
 * @param isPage - Whether a body, with the status and the headers of `res`, is that page.
 */
export function replacePage(
  res: ServerResponse,
  error: Error & { code?: unknown },
  isPage: (body: unknown) => boolean,
): void {
  if (error.code !== 'ERR_INVALID_REQUEST_ID') return;
  wrapMethod(res, 'end', (end) => {
    return function (...args: unknown[]): unknown {
      if (this.headersSent || !isPage(args[0])) return Reflect.apply(end, this, args);
      const { headers, body } = problemOf(error);
      for (const [name, value] of headers) this.setHeader(name, value);
      return Reflect.apply(end, this, [body]);
    };
  });
}

/** An answer by problem details, as RFC 9457 defines them. */
export interface Problem {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** Returns the answer to a request that failed. Never throws. */
export function problemOf(error: unknown): Problem {
  const { status, detail } = clientErrorOf(error) ?? { status: 500, detail: undefined };
  const body = `${JSON.stringify({ title: STATUS_CODES[status], status, detail })}\n`;
  const headers = [
    ['Content-Type', 'application/problem+json'],
    ['Content-Length', String(Buffer.byteLength(body))],
  ] as const;
  return { status, headers, body };
}

/**
 * Returns what the client is told of an error that is its fault, as http-errors marks them; undefined for
 * all others. Never throws.
 */
export function clientErrorOf(error: unknown): { status: number; detail: string } | undefined {
  try {
    if (!(error instanceof Error)) return undefined;
    const { status, expose, message } = error as { status?: unknown; expose?: unknown } & Error;
    const isClients = Number.isInteger(status) && Number(status) >= 400 && Number(status) < 500;
    return isClients && expose === true
      ? { status: Number(status), detail: String(message) }
      : undefined;
  } catch {
    // A revoked Proxy, or an accessor that throws.
    return undefined;
  }
}
