import type { RequestIdOptions } from '@request-context/core';
import {
  addRequestObject,
  findRequestScope,
  normalizeOptions,
  openRequest,
  type RequestIdDecision,
  type RequestScope,
} from '@request-context/core/adapter';
import { bindRequest, rebindRequest } from './bind-request.ts';
import { nodeRequestReader } from './node-request-reader.ts';
import { createNodeRequestScope, type NodeRequestScope } from './node-request-scope.ts';
import type { RawRequest, RawResponse } from './raw-message.ts';
import { setEcho } from './set-echo.ts';
import { setId } from './set-id.ts';

/** The scopes of the requests that one mounted adapter handles. */
export interface RequestScopes<Request> {
  /** The header that responses carry the id in. */
  readonly header: string;
  /** Whether responses carry the id. */
  readonly echo: boolean;
  /**
   * Returns the scope of a request: the one that another layer opened, or a new one. Sets `raw.id` when it
   * opens one. Never throws.
   *
   * @param raw - Node's request.
   * @param request - The request that the options' functions are called with.
   */
  open(raw: RawRequest, request: Request): RequestScope;
  /**
   * Does the same, and binds the scope to the request, once, whichever layer comes first: what `raw` and `res`
   * emit runs in it, and the response carries the id. Never throws.
   *
   * @param res - The response; undefined where there is none, as for an upgrade.
   */
  bind(raw: RawRequest, res: RawResponse | undefined, request: Request): RequestScope;
}

/**
 * Checks the options of an adapter, and returns what its hooks or middleware need.
 *
 * @example
 * const scopes = createRequestScopes<Request>(options);
 * app.use((req, res, next) => {
 *   const scope = scopes.bind(req, res, req);
 *   scope.run(next, scope.takeError());
 * });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function createRequestScopes<Request>(
  options?: RequestIdOptions<Request>,
): RequestScopes<Request> {
  const normalized = normalizeOptions(options);

  function open(raw: RawRequest, request: Request): RequestScope {
    return openRequest(normalized, nodeRequestReader, raw, request, createScope);
  }

  function bind(raw: RawRequest, res: RawResponse | undefined, request: Request): RequestScope {
    const scope: NodeRequestScope = findWrapped(raw, res) ?? open(raw, request);
    // An upgrade's scope stays unbound: a response may be made for it later, as by @fastify/websocket.
    if (res == null) {
      bindRequest(scope, raw, undefined);
    } else if (scope.isBound) {
      rebindRequest(scope, raw, res);
    } else {
      scope.isBound = true;
      if (normalized.echo) setEcho(res, scope, normalized);
      bindRequest(scope, raw, res);
    }
    return scope;
  }

  return { header: normalized.header, echo: normalized.echo, open, bind };
}

function createScope(decision: RequestIdDecision, raw: RawRequest): NodeRequestScope {
  setId(raw, decision.requestId);
  return createNodeRequestScope(decision);
}

/** Returns the scope of a request that now comes in another object: a Proxy, or one that inherits from it. */
function findWrapped(raw: RawRequest, res: RawResponse | undefined): RequestScope | undefined {
  if (res == null || res.req === raw) return undefined;
  const scope = findRequestScope(res.req);
  if (scope !== undefined) addRequestObject(raw, scope);
  return scope;
}
