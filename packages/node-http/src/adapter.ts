// For who writes an adapter; what users need is in index.ts.
export { type Problem, problemOf, replacePage } from './answer-error.ts';
export { type AttachableServer, attachEntrance, type ErrorHandling } from './attach.ts';
export { createEntrance, type Entrance } from './entrance.ts';
export type { RawRequest, RawResponse } from './incoming.ts';
