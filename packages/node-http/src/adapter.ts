// For authors of adapters. Users' names are in index.ts.
export { type AttachableServer, attachRequestScopes, type ErrorHandling } from './attach.ts';
export { type Problem, problemOf } from './problem-of.ts';
export type { RawRequest, RawResponse } from './raw-message.ts';
export { replaceErrorPage } from './replace-error-page.ts';
export { createRequestScopes, type RequestScopes } from './request-scopes.ts';
