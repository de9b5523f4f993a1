// What authors of adapters need. What users need is in index.ts.
export { type AttachableServer, attachRequestScopes, type ErrorHandling } from './attach.ts';
export { type Problem, problemOf } from './problem-of.ts';
export type { RawRequest, RawResponse } from './raw-message.ts';
export { replaceErrorPage } from './replace-error-page.ts';
export { createRequestScopes, type RequestScopes } from './request-scopes.ts';
