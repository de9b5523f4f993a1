import { type RequestIdDecision, RequestScope } from '@request-context/core/adapter';

/** How a response carries the id. */
export interface Echo {
  /** The header's name. */
  readonly header: string;
  /** The name in lower case. */
  readonly key: string;
  /** Whether scripts of other origins may read it. */
  readonly exposeHeader: boolean;
}

/**
 * The scope of a request of Node's servers. The fields are optional, as a scope that another adapter opened by
 * core's entry for adapters lacks them.
 */
export interface NodeRequestScope extends RequestScope {
  /** How the response carries the id; undefined when it does not. */
  echo?: Echo | undefined;
  /** Whether the scope has been bound to the request and its response. */
  isBound?: boolean;
}

/** Creates the scope of a request. It is not of a subclass: V8 takes longer to construct one. */
export function createNodeRequestScope(decision: RequestIdDecision): NodeRequestScope {
  const scope: NodeRequestScope = new RequestScope(decision);
  // Set at once, so that all scopes have one shape.
  scope.echo = undefined;
  scope.isBound = false;
  return scope;
}
