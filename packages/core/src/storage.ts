import { AsyncLocalStorage } from 'node:async_hooks';
import { processHub } from './process-hub.ts';
import { RequestSlot } from './request-slot.ts';
import type { Scope } from './scope.ts';
import type { Method } from './wrap-method.ts';

/** An emitter whose events run in a scope. */
interface EmitterBinding {
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
  readonly requests: Pick<typeof RequestSlot, 'get' | 'set'>;
  /** The methods that enter a request's scope by themselves, and the objects whose methods they replace. */
  readonly methods: WeakMap<Method, object>;
}

// Two copies of the package, or its ESM and CommonJS builds side by side, meet here. The number
// rises when the shape of what is stored changes, so that copies that cannot agree stay apart.
const key = Symbol.for('@request-context/core:2');

/** Makes what one context keeps. */
export function createContextState(name: string): ContextState {
  // The name shows in debuggers from Node 24 on; earlier versions ignore the argument.
  const Storage: new (options: { name: string }) => AsyncLocalStorage<Scope | undefined> =
    AsyncLocalStorage;
  const storage = new Storage({ name });
  processHub.watch(storage as AsyncLocalStorage<never>);
  return { storage, emitters: new WeakMap() };
}

function findProcessState(): ProcessState {
  const holder = globalThis as { [key]?: ProcessState };
  const existing = holder[key];
  if (existing !== undefined) return existing;
  const context = createContextState('request-context');
  const created: ProcessState = { context, requests: RequestSlot, methods: new WeakMap() };
  // Frozen: Jest 30 empties what tests leave on globalThis, except properties that cannot be changed.
  Object.defineProperty(globalThis, key, { value: Object.freeze(created) });
  return created;
}

export const processState: ProcessState = findProcessState();
