// For who writes an adapter; what users need is in index.ts.
export type { NormalizedOptions } from './options.ts';
export { normalizeOptions } from './options.ts';
export type { Method } from './replace-method.ts';
export { replaceMethod, replacePrototypeMethod } from './replace-method.ts';
export type { RequestIdDecision, RequestReader } from './request-id.ts';
export { resolveRequestId } from './request-id.ts';
export type { Echo, RequestScope } from './request-scope.ts';
export {
  bindRequestEmitters,
  findRequestScope,
  openRequestScope,
  runOutside,
} from './request-scope.ts';
export type { Peer } from './trust.ts';
