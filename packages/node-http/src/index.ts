// Not by name: declaration merging with this package's name reaches ContextValues through `export *` alone.
export * from '@request-context/core';
export { type AttachableServer, attach } from './attach.ts';
export { type Middleware, requestId } from './connect-middleware.ts';
export { onClientError } from './on-client-error.ts';
export type { RawRequest, RawResponse } from './raw-message.ts';
export type { FailedRequest, OnError } from './report-error.ts';
export type { RequestWithId } from './request-with-id.ts';
export type { RequestIdOptions, ServerOptions } from './server-options.ts';
export { withRequestId } from './with-request-id.ts';
