import type { Http2ServerRequest } from 'node:http2';
import { addRequestObject, findRequestScope, wrapMethod } from '@request-context/core/adapter';
import { bindEmitterTo } from './bind-emitter-to.ts';
import { type Headers, isNamed, namesOf, withoutNames } from './header-names.ts';
import type { NodeRequestScope } from './node-request-scope.ts';

/** The methods that start the response on an HTTP/2 stream. The compatibility API calls the first of them. */
const respondMethods = ['respond', 'respondWithFile', 'respondWithFD'] as const;

/** The argument that holds the headers: `respond(headers)`, `respondWithFile(path, headers)`. */
const headersAt = { respond: 0, respondWithFile: 1, respondWithFD: 1 } as const;

/**
 * Makes what the stream of an HTTP/2 request emits run in the request's scope, as the compatibility API's
 * request and response emit when it does. Makes the head carry the id, whichever method writes it.
 */
export function bindStream(stream: Http2ServerRequest['stream'], scope: NodeRequestScope): void {
  if (findRequestScope(stream) !== undefined) return;
  addRequestObject(stream, scope);
  bindEmitterTo(scope, stream);
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

/** Returns headers that hold the id: the given ones if they do already. */
function withHeader(headers: unknown, key: string, requestId: string): unknown {
  if (headers === undefined || headers === null) return { [key]: requestId };
  // A list, as Node accepts from version 24 on: [name, value, name, value].
  if (Array.isArray(headers)) {
    const kept = headers.filter((_, at) => !isNamed(headers[at - (at % 2)], key));
    return [...kept, key, requestId];
  }
  if (typeof headers !== 'object') return headers;
  const names = namesOf(headers as Headers, key);
  if (names.length === 1 && (headers as Headers)[key] === requestId) return headers;
  const changed = withoutNames(headers as Headers, names);
  changed[key] = requestId;
  return changed;
}
