import { deepCopy } from './deep-copy.ts';
import { warnFixedId } from './warn-fixed-id.ts';

/**
 * How a child task gets its values from its parent.
 *
 * - `share`: parent and child use the same values; each sees what the other writes.
 * - `copy`: the child starts with a deep copy; neither sees what the other writes.
 * - `chain`: reads fall through to the parent, writes stay in the child.
 */
export type Inherit = 'share' | 'copy' | 'chain';

/** Returns the child's value, given the parent's, when a context is inherited by `copy`. */
export type Clone = (value: unknown, key: PropertyKey) => unknown;

/** Values by their keys. */
export type Values = Record<PropertyKey, unknown>;

/**
 * An empty map from keys to values. Its prototype is an empty object without a prototype, so `__proto__`,
 * `constructor` and `toString` are ordinary keys, and V8 still lays it out as a plain object
 * (`Object.create(null)` itself becomes a slow dictionary).
 */
const Values = function Values() {} as unknown as new () => Values;
Values.prototype = Object.freeze(Object.create(null));

/** The values of one task. */
export interface Scope {
  /** The values that were set in this scope itself. */
  values: Values;
  /** The scope that provides the values which this one lacks. Only `chain` sets it. */
  readonly parent: Scope | undefined;
  /** In a request's own scope: its id, which its response carries too. It is fixed. */
  readonly requestId?: string;
}

/** Returns a map with the own enumerable properties of `values`, symbols included. */
export function createValues(values: object | undefined): Values {
  const own = new Values();
  return values === undefined ? own : Object.assign(own, values);
}

/** Returns a scope with the own enumerable properties of `values`, symbols included. */
export function createScope(values?: object, parent?: Scope): Scope {
  return { values: createValues(values), parent };
}

/** Returns the scope of a child task. With `share`, that is the parent's. */
export function inheritScope(parent: Scope, inherit: Inherit, clone: Clone | undefined): Scope {
  if (inherit === 'share') return parent;
  if (inherit === 'chain') return createScope(undefined, parent);
  const visible = visibleValues(parent);
  if (clone === undefined) return createScope(deepCopy(visible));
  for (const key of Reflect.ownKeys(visible)) visible[key] = clone(visible[key], key);
  return { values: visible, parent: undefined };
}

/** Returns the value that is visible for `key`: this scope's own, or else its nearest ancestor's. */
export function readValue(scope: Scope | undefined, key: PropertyKey): unknown {
  for (let at = scope; at !== undefined; at = at.parent) {
    const value = at.values[key];
    // A key whose value is undefined hides the parent's.
    if (value !== undefined || (at.parent !== undefined && key in at.values)) return value;
  }
  return undefined;
}

/** Returns whether a value is visible for `key`, even if it is undefined. */
export function hasValue(scope: Scope | undefined, key: PropertyKey): boolean {
  for (let at = scope; at !== undefined; at = at.parent) {
    if (key in at.values) return true;
  }
  return false;
}

/** Sets the scope's own value for `key`, except the id of a request. */
export function writeValue(scope: Scope, key: PropertyKey, value: unknown): void {
  if (key === 'requestId' && scope.requestId !== undefined) {
    if (value !== scope.requestId) warnFixedId(scope.requestId);
    return;
  }
  scope.values[key] = value;
}

/** Sets the own enumerable properties of `values` in the scope, except the id of a request. */
export function writeValues(scope: Scope, values: object): void {
  Object.assign(scope.values, values);
  const { requestId } = scope;
  if (requestId === undefined || scope.values.requestId === requestId) return;
  scope.values.requestId = requestId;
  warnFixedId(requestId);
}

/** Removes the scope's own value for `key`. Returns whether there was one to remove. */
export function deleteValue(scope: Scope, key: PropertyKey): boolean {
  if (key === 'requestId' && scope.requestId !== undefined) return false;
  return key in scope.values && delete scope.values[key];
}

/** Removes all of the scope's own values, except the id of a request. */
export function clearValues(scope: Scope): void {
  scope.values = new Values();
  if (scope.requestId !== undefined) scope.values.requestId = scope.requestId;
}

/** Returns a map of all values that are visible in the scope, the ancestors' first. */
export function visibleValues(scope: Scope | undefined): Values {
  const scopes: Scope[] = [];
  for (let at = scope; at !== undefined; at = at.parent) scopes.push(at);
  const visible = new Values();
  for (const { values } of scopes.reverse()) Object.assign(visible, values);
  return visible;
}
