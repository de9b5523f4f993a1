import { AsyncLocalStorage } from 'node:async_hooks';
import { RequestSlot } from './request-slot.ts';
import type { Scope } from './scope.ts';

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
  /** The storages of all contexts. */
  readonly storages: Set<WeakRef<AsyncLocalStorage<Scope | undefined>>>;
}

// Two copies of the package, or its ESM and CommonJS builds side by side, meet here. The number
// rises when the shape of what is stored changes, so that copies that cannot agree stay apart.
const key = Symbol.for('@request-context/core:1');

/** Makes what a context other than the default one keeps. */
export function createContextState(name: string): ContextState {
  return newContextState(name, processState.storages);
}

function newContextState(name: string, storages: ProcessState['storages']): ContextState {
  // The name shows in debuggers from Node 24 on; earlier versions ignore the argument.
  const Storage: new (options: { name: string }) => AsyncLocalStorage<Scope | undefined> =
    AsyncLocalStorage;
  const storage = new Storage({ name });
  storages.add(new WeakRef(storage));
  return { storage, emitters: new WeakMap() };
}

function findProcessState(): ProcessState {
  const holder = globalThis as { [key]?: ProcessState };
  const existing = holder[key];
  if (existing !== undefined) return existing;
  const storages: ProcessState['storages'] = new Set();
  const context = newContextState('request-context', storages);
  const created = { context, requests: RequestSlot, storages };
  Object.defineProperty(globalThis, key, { value: created });
  leaveAfterUncaughtException(storages);
  return created;
}

/**
 * Leaves the scopes of an error that the process survives by an 'uncaughtException' listener. From
 * version 24 on, Node goes on in the context of the error's task: sockets that know nothing of the
 * request read its values. The process's own listeners come first, and still see them.
 */
function leaveAfterUncaughtException(storages: ProcessState['storages']): void {
  function leave(): void {
    for (const reference of storages) {
      const storage = reference.deref();
      if (storage === undefined) storages.delete(reference);
      else storage.enterWith(undefined);
    }
  }
  process.on('uncaughtExceptionMonitor', () => {
    // Where nobody else listens, to listen would keep alive a process that has to end.
    const isSurvived = process.listenerCount('uncaughtException') > 0;
    // With a capture callback, no listener is called.
    const isCaptured = process.hasUncaughtExceptionCaptureCallback();
    if (isSurvived && !isCaptured) process.once('uncaughtException', leave);
  });
}

export const processState: ProcessState = findProcessState();
