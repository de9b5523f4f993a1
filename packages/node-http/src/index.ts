// Not by name: declaration merging with this package's name reaches ContextValues through `export *` alone.
export * from '@request-context/core';
export { type AttachableServer, attach } from './attach.ts';
export type { RawRequest, RawResponse } from './incoming.ts';
export { onClientError } from './on-client-error.ts';
export type { RequestIdOptions } from './options.ts';
export type { FailedRequest, OnError } from './report-error.ts';
export { type Middleware, requestId } from './request-id.ts';
export type { RequestWithId } from './request-with-id.ts';
export type { ServerOptions } from './server-options.ts';
export { withRequestId } from './with-request-id.ts';
