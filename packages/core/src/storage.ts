import { AsyncLocalStorage } from 'node:async_hooks';
import type { RequestScope } from './request-scope.ts';
import type { Scope } from './scope.ts';

/** An emitter whose events run in a scope. */
export interface EmitterBinding {
  scope: Scope | undefined;
}

/** What one context keeps. */
export interface ContextState {
  /** The scope that is current. */
  readonly storage: AsyncLocalStorage<Scope | undefined>;
  /** The scopes that emitters are bound to. */
  readonly emitters: WeakMap<object, EmitterBinding>;
}

/** What all copies of this package in one process have in common. */
export interface ProcessState {
  /** Of the default context. */
  readonly context: ContextState;
  /** The scope of each request, found by its request object. */
  readonly requests: WeakMap<object, RequestScope>;
}

// Two copies of the package, or its ESM and CommonJS builds side by side, meet here. The number
// rises when the shape of what is stored changes, so that copies that cannot agree stay apart.
const key = Symbol.for('@request-context/core:1');

export function createContextState(name: string): ContextState {
  return { storage: newStorage(name), emitters: new WeakMap() };
}

function newStorage(name: string): AsyncLocalStorage<Scope | undefined> {
  // The name shows in debuggers from Node 24 on; earlier versions ignore the argument.
  const Storage: new (options: { name: string }) => AsyncLocalStorage<Scope | undefined> =
    AsyncLocalStorage;
  return new Storage({ name });
}

function findProcessState(): ProcessState {
  const holder = globalThis as { [key]?: ProcessState };
  const existing = holder[key];
  if (existing !== undefined) return existing;
  const created = { context: createContextState('request-context'), requests: new WeakMap() };
  Object.defineProperty(globalThis, key, { value: created });
  return created;
}

export const processState: ProcessState = findProcessState();
