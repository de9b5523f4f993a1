import type { RequestIdOptions as CoreOptions } from '@request-context/core';
import {
  addRequestObject,
  findRequestScope,
  normalizeOptions,
  openRequest,
  type RequestScope,
  resolveRequestId,
} from '@request-context/core/adapter';
import { bindExchange, rebindExchange } from './bind-exchange.ts';
import { echo } from './echo.ts';
import { incomingReader, type RawRequest, type RawResponse } from './incoming.ts';
import { setId } from './set-id.ts';

/** Where requests get their scope: one for each place where an adapter is mounted. */
export interface Entrance<Request> {
  /** The header that responses carry the id in. */
  readonly header: string;
  /** Whether they do. */
  readonly echo: boolean;
  /**
   * The scope of a request. It is opened here unless another layer did so before; `raw.id` is set. Never
   * throws.
   *
   * @param raw - The request as Node gives it.
   * @param request - The request as the options' functions are given it.
   */
  open(raw: RawRequest, request: Request): RequestScope;
  /**
   * The same, and binds what `raw` and `res` emit to the scope, and makes the response carry the id:
   * once, whoever enters first. Never throws.
   *
   * @param res - The response; undefined where there is none, as for an upgrade.
   */
  enter(raw: RawRequest, res: RawResponse | undefined, request: Request): RequestScope;
}

/**
 * Checks the options of an adapter, and gives what its hooks or middleware need.
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has a value that it cannot have
 */
export function createEntrance<Request>(options?: CoreOptions<Request>): Entrance<Request> {
  const normalized = normalizeOptions(options);

  function open(raw: RawRequest, request: Request): RequestScope {
    const existing = findRequestScope(raw);
    if (existing !== undefined) return existing;
    const decision = resolveRequestId(normalized, incomingReader, raw, request);
    setId(raw, decision.requestId);
    return openRequest(raw, decision);
  }

  function enter(raw: RawRequest, res: RawResponse | undefined, request: Request): RequestScope {
    const scope = findWrapped(raw, res) ?? open(raw, request);
    // Claimed by whoever has a response: one may be made later for an upgrade, as by @fastify/websocket.
    if (res == null) {
      bindExchange(scope, raw, undefined);
    } else if (scope.claim()) {
      if (normalized.echo) echo(res, scope, normalized);
      bindExchange(scope, raw, res);
    } else {
      rebindExchange(scope, raw, res);
    }
    return scope;
  }

  return { header: normalized.header, echo: normalized.echo, open, enter };
}

/** The scope of a request that comes in another object than it did before: a Proxy, or one that inherits from it. */
function findWrapped(raw: RawRequest, res: RawResponse | undefined): RequestScope | undefined {
  if (res == null || res.req === raw) return undefined;
  const scope = findRequestScope(res.req);
  if (scope !== undefined) addRequestObject(raw, scope);
  return scope;
}
