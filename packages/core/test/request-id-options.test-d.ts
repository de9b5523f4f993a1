// Checked by tsc only, under exactOptionalPropertyTypes: an undefined option counts as missing, so that
// `{ trust: process.env.TRUST }` compiles.
import type { ContextOptions, ForkOptions, RequestIdOptions } from '@request-context/core';

/** The same options, each of them undefined. */
type Undefined<Options> = { [Option in keyof Required<Options>]: undefined };

declare function allUndefined<Options>(): Undefined<Options>;

export const ofAdapters: RequestIdOptions<unknown> = allUndefined<RequestIdOptions<unknown>>();
export const ofContexts: ContextOptions = allUndefined<ContextOptions>();
export const ofForks: ForkOptions<object> = allUndefined<ForkOptions<object>>();
