import type { IncomingMessage } from 'node:http';
import type { RequestIdOptions as CoreOptions } from '@request-context/core';

/** Options of `withRequestId`, `requestId` and `attach`; their functions are given Node's request. */
export type RequestIdOptions<Req = IncomingMessage> = CoreOptions<Req>;

declare module 'http' {
  interface IncomingMessage {
    /** The request's id, once `@request-context` has seen the request. */
    id: string;
  }
}

declare module 'http2' {
  interface Http2ServerRequest {
    /** The request's id, once `@request-context` has seen the request. */
    id: string;
  }
}
