export type {
  Context,
  ContextOptions,
  ContextValues,
  ForkOptions,
  Snapshot,
} from './context.ts';
export { context, createContext, getRequestId } from './context.ts';
export {
  InvalidOptionError,
  InvalidRequestIdError,
  MissingValueError,
  NoContextError,
  OptionResultError,
} from './errors.ts';
export type { NormalizedOptions, RequestIdOptions } from './options.ts';
export { normalizeOptions } from './options.ts';
export type { Method } from './replace-method.ts';
export { replaceMethod, replacePrototypeMethod } from './replace-method.ts';
export type { RequestIdDecision, RequestReader } from './request-id.ts';
export { newRequestId, resolveRequestId } from './request-id.ts';
export type { Echo, RequestScope } from './request-scope.ts';
export {
  bindRequestEmitters,
  findRequestScope,
  openRequestScope,
  runOutside,
} from './request-scope.ts';
export type { Clone, Inherit } from './scope.ts';
export type { Peer } from './trust.ts';
