import type { NormalizedOptions } from '../request-id/normalize-options.ts';
import type { RequestReader } from '../request-id/request-reader.ts';
import { type RequestIdDecision, resolveRequestId } from '../request-id/resolve-request-id.ts';
import { addRequestObject, findRequestScope } from './find-request-scope.ts';
import { RequestScope } from './request-scope.ts';

/**
 * Returns the scope of a request: the one that another layer opened, or a new one, for which the id is decided
 * here. A new scope inherits nothing from the current one. Never throws.
 *
 * @param options - From `normalizeOptions()`.
 * @param reader - Reads headers and peer from `raw`.
 * @param raw - The server's own request. Other layers find the scope by it.
 * @param request - The request that the options' functions are called with.
 * @param createScope - Creates the scope, for adapters whose scopes hold more.
 *
 * @example
 * const scope = openRequest(normalizeOptions(), reader, req, req);
 * scope.run(next, scope.takeError());
 */
export function openRequest<Raw extends object, Request>(
  options: NormalizedOptions<Request>,
  reader: RequestReader<Raw>,
  raw: Raw,
  request: Request,
  createScope: (decision: RequestIdDecision, raw: Raw) => RequestScope = createRequestScope,
): RequestScope {
  const existing = findRequestScope(raw);
  if (existing !== undefined) return existing;
  const scope = createScope(resolveRequestId(options, reader, raw, request), raw);
  addRequestObject(raw, scope);
  return scope;
}

function createRequestScope(decision: RequestIdDecision): RequestScope {
  return new RequestScope(decision);
}
