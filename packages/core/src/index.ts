export type {
  Context,
  ContextOptions,
  ContextValues,
  ForkOptions,
  Snapshot,
} from './context/context.ts';
export { context, createContext } from './context/context.ts';
export { getRequestId } from './context/get-request-id.ts';
export { MissingValueError } from './context/missing-value-error.ts';
export { NoContextError } from './context/no-context-error.ts';
export type { Clone, Inherit } from './context/scope.ts';
export { InvalidOptionError } from './internal/invalid-option-error.ts';
export { InvalidRequestIdError } from './request-id/invalid-request-id-error.ts';
export { newRequestId } from './request-id/new-request-id.ts';
export { OptionResultError } from './request-id/option-result-error.ts';
export type { RequestIdOptions } from './request-id/request-id-options.ts';

// Empty, but needed: where a program merges declarations under several packages' names, TypeScript (5.4 to 7.0)
// keeps the keys of all names only if a declaration was merged before them.
declare module '@request-context/core' {
  interface ContextValues {}
}
