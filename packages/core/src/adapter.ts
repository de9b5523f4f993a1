// For who writes an adapter; what users need is in index.ts.
export { describe } from './errors.ts';
export type { NormalizedOptions } from './options.ts';
export { normalizeOptions } from './options.ts';
export type { RequestIdDecision, RequestReader } from './request-id.ts';
export { resolveRequestId } from './request-id.ts';
export type { Echo, RequestScope } from './request-scope.ts';
export {
  addRequestObject,
  findRequestScope,
  isInsideRequest,
  openRequest,
  runOutside,
} from './request-scope.ts';
export { isScoped, markScoped } from './scoped-method.ts';
export type { Peer } from './trust.ts';
export type { Method } from './wrap-method.ts';
export { defineMethod, methodBelow, wrapMethod } from './wrap-method.ts';
