// What authors of adapters need. What users need is in index.ts.
export { type Check, checkOptions } from './internal/check-options.ts';
export { describe } from './internal/describe.ts';
export { dropRejection } from './internal/drop-rejection.ts';
export { isScoped, markScoped } from './internal/scoped-method.ts';
export { shareInProcess } from './internal/share-in-process.ts';
export { defineMethod, type Method, underlyingMethod, wrapMethod } from './internal/wrap-method.ts';
export { addRequestObject, findRequestScope } from './request/find-request-scope.ts';
export { openRequest } from './request/open-request.ts';
export {
  currentIdHeaders,
  isInsideRequest,
  RequestScope,
  runWithoutScope,
} from './request/request-scope.ts';
export type { IdHeaders } from './request-id/id-headers.ts';
export { type NormalizedOptions, normalizeOptions } from './request-id/normalize-options.ts';
export type { Peer, RequestReader } from './request-id/request-reader.ts';
export { type RequestIdDecision, resolveRequestId } from './request-id/resolve-request-id.ts';
export { escapeId } from './request-id/valid-id.ts';
