export { context, getRequestId } from '@request-context/core';
export { type Problem, problemOf, replacePage } from './answer-error.ts';
export { type AttachableServer, attach, attachEntrance } from './attach.ts';
export { createEntrance, type Entrance } from './entrance.ts';
export type { RawRequest, RawResponse } from './incoming.ts';
export { onClientError } from './on-client-error.ts';
export type { RequestIdOptions } from './options.ts';
export { type Middleware, requestId } from './request-id.ts';
export { withRequestId } from './with-request-id.ts';
