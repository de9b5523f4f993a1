// Checked by tsc alone, under exactOptionalPropertyTypes: an option may be undefined, which means that
// it was not given, so that `{ trust: process.env.TRUST }` compiles.
import type { ContextOptions, ForkOptions, RequestIdOptions } from '@request-context/core';

/** The same options, each of them undefined. */
type Undefined<Options> = { [Option in keyof Required<Options>]: undefined };

declare function allUndefined<Options>(): Undefined<Options>;

export const ofAdapters: RequestIdOptions<unknown> = allUndefined<RequestIdOptions<unknown>>();
export const ofContexts: ContextOptions = allUndefined<ContextOptions>();
export const ofForks: ForkOptions<object> = allUndefined<ForkOptions<object>>();
