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

// Empty, and first: where several packages' names are used for declaration merging in one program,
// TypeScript (5.4 to 7.0) keeps the keys of one name alone, unless something was merged before them.
declare module '@request-context/core' {
  interface ContextValues {}
}
