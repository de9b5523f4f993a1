import type { Http2ServerRequest } from 'node:http2';
import {
  addRequestObject,
  findRequestScope,
  type RequestScope,
  wrapMethod,
} from '@request-context/core/adapter';

/** The methods by which a stream of HTTP/2 is answered; the compatibility API calls the first of them. */
const respondMethods = ['respond', 'respondWithFile', 'respondWithFD'] as const;

/** The argument that holds the headers: `respond(headers)`, `respondWithFile(path, headers)`. */
const headersAt = { respond: 0, respondWithFile: 1, respondWithFD: 1 } as const;

/**
 * Makes what the stream of an HTTP/2 request emits run in the request's scope, as the compatibility API's
 * request and response are told by it what to emit; and its head carry the id, however it is answered.
 */
export function bindStream(stream: Http2ServerRequest['stream'], scope: RequestScope): void {
  if (findRequestScope(stream) !== undefined) return;
  addRequestObject(stream, scope);
  scope.bindEmitter(stream);
  const { echo, requestId } = scope;
  if (echo === undefined) return;
  for (const name of respondMethods) {
    if (typeof stream[name] !== 'function') continue;
    wrapMethod(stream, name, (respond) => {
      return function (...args: unknown[]): unknown {
        const at = headersAt[name];
        args[at] = withHeader(args[at], echo.key, requestId);
        return Reflect.apply(respond, this, args);
      };
    });
  }
}

/** Headers with the id among them: those that were given, if it is there already. */
function withHeader(headers: unknown, key: string, requestId: string): unknown {
  if (headers === undefined || headers === null) return { [key]: requestId };
  // A list, which Node takes from version 24 on: [name, value, name, value].
  if (Array.isArray(headers)) {
    const kept = headers.filter((_, at) => !isNamed(headers[at - (at % 2)], key));
    return [...kept, key, requestId];
  }
  if (typeof headers !== 'object') return headers;
  const names = Object.keys(headers).filter((name) => isNamed(name, key));
  if (names.length === 1 && (headers as Record<string, unknown>)[key] === requestId) return headers;
  const copy: Record<string, unknown> = { ...headers };
  for (const name of names) delete copy[name];
  copy[key] = requestId;
  return copy;
}

function isNamed(name: unknown, key: string): boolean {
  return String(name).toLowerCase() === key;
}
