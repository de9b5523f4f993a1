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
export type { RequestIdOptions } from './options.ts';
export { newRequestId } from './request-id.ts';
export type { Clone, Inherit } from './scope.ts';
