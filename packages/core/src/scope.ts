import { deepCopy } from './deep-copy.ts';
import { warnFixedId } from './warn-fixed-id.ts';

/**
 * How a child task gets its values from its parent.
 *
 * - `share`: the child uses the parent's values themselves; each sees what the other writes.
 * - `copy`: the child starts with a deep copy; neither sees what the other writes.
 * - `chain`: reads fall through to the parent, writes stay in the child.
 */
export type Inherit = 'share' | 'copy' | 'chain';

/** Makes the child's value from the parent's when a context is inherited by `copy`. */
export type Clone = (value: unknown, key: PropertyKey) => unknown;

export type Values = Record<PropertyKey, unknown>;

/**
 * Makes an empty map from keys to values. Its prototype is an empty object without a prototype, so
 * that `__proto__`, `constructor` and `toString` are ordinary keys, while V8 still lays it out as a
 * plain object (`Object.create(null)` itself becomes a slow dictionary).
 */
const Values = function Values() {} as unknown as new () => Values;
Values.prototype = Object.freeze(Object.create(null));

/** The values of one task. */
export interface Scope {
  /** What was set in this scope itself. */
  values: Values;
  /** Where reads go on for keys that this scope has no value for; set by `chain` alone. */
  readonly parent: Scope | undefined;
  /** Of a request's own scope: the id, which is that of its response too, and stays. */
  readonly requestId?: string;
}

/** A map that starts with the own enumerable properties of `values`, symbols included. */
export function createValues(values: object | undefined): Values {
  const own = new Values();
  return values === undefined ? own : Object.assign(own, values);
}

/** A scope that starts with the own enumerable properties of `values`, symbols included. */
export function createScope(values?: object, parent?: Scope): Scope {
  return { values: createValues(values), parent };
}

/** The scope of a child task; with `share` it is the parent's own. */
export function inheritScope(parent: Scope, inherit: Inherit, clone: Clone | undefined): Scope {
  if (inherit === 'share') return parent;
  if (inherit === 'chain') return createScope(undefined, parent);
  const visible = visibleValues(parent);
  if (clone === undefined) return createScope(deepCopy(visible));
  for (const key of Reflect.ownKeys(visible)) visible[key] = clone(visible[key], key);
  return { values: visible, parent: undefined };
}

/** The value that is visible for `key`: this scope's own, or else its nearest ancestor's. */
export function readValue(scope: Scope | undefined, key: PropertyKey): unknown {
  for (let at = scope; at !== undefined; at = at.parent) {
    const value = at.values[key];
    // A key that is there, but undefined, hides the parent's.
    if (value !== undefined || (at.parent !== undefined && key in at.values)) return value;
  }
  return undefined;
}

/** Whether a value is visible for `key`, be it undefined. */
export function hasValue(scope: Scope | undefined, key: PropertyKey): boolean {
  for (let at = scope; at !== undefined; at = at.parent) {
    if (key in at.values) return true;
  }
  return false;
}

/** Sets the scope's own value for `key`; the id of a request stays. */
export function writeValue(scope: Scope, key: PropertyKey, value: unknown): void {
  if (key === 'requestId' && scope.requestId !== undefined) {
    if (value !== scope.requestId) warnFixedId(scope.requestId);
    return;
  }
  scope.values[key] = value;
}

/** Sets the scope's own values to the own enumerable properties of `values`; the id of a request stays. */
export function writeValues(scope: Scope, values: object): void {
  Object.assign(scope.values, values);
  const { requestId } = scope;
  if (requestId === undefined || scope.values.requestId === requestId) return;
  scope.values.requestId = requestId;
  warnFixedId(requestId);
}

/** Removes the scope's own value for `key`; says whether there was one to remove. */
export function deleteValue(scope: Scope, key: PropertyKey): boolean {
  if (key === 'requestId' && scope.requestId !== undefined) return false;
  return key in scope.values && delete scope.values[key];
}

/** Removes all of the scope's own values, but the id of a request. */
export function clearValues(scope: Scope): void {
  scope.values = new Values();
  if (scope.requestId !== undefined) scope.values.requestId = scope.requestId;
}

/** A map of all values that are visible in the scope, the ancestors' first. */
export function visibleValues(scope: Scope | undefined): Values {
  const scopes: Scope[] = [];
  for (let at = scope; at !== undefined; at = at.parent) scopes.push(at);
  const visible = new Values();
  for (const { values } of scopes.reverse()) Object.assign(visible, values);
  return visible;
}
