import { AsyncLocalStorage } from 'node:async_hooks';
import { processHub } from '../internal/process-hub.ts';
import { shareInCore } from '../internal/share-in-process.ts';
import type { Scope } from './scope.ts';

/** An emitter whose events run in a scope. */
interface EmitterBinding {
  scope: Scope | undefined;
}

/** The state of one context. */
export interface ContextState {
  /** The current scope. */
  readonly storage: AsyncLocalStorage<Scope | undefined>;
  /** The scopes that emitters are bound to. */
  readonly emitters: WeakMap<object, EmitterBinding>;
}

/** Creates the state of one context. */
export function createContextState(name: string): ContextState {
  // Debuggers show the name from Node 24 on. Earlier versions ignore the argument.
  const Storage: new (options: { name: string }) => AsyncLocalStorage<Scope | undefined> =
    AsyncLocalStorage;
  const storage = new Storage({ name });
  processHub.watch(storage as AsyncLocalStorage<never>);
  return { storage, emitters: new WeakMap() };
}

/** The state of the default context, which all copies of this package share. */
export const defaultState: ContextState = shareInCore('context', () =>
  createContextState('request-context'),
);
