import { AsyncLocalStorage, AsyncResource, createHook, executionAsyncId } from 'node:async_hooks';

/**
 * Leaves the scopes of an error that the process survives, by whatever means: a listener, a capture
 * callback, a domain. Where AsyncLocalStorage rides on AsyncContextFrame (Node 24 and later), Node goes
 * on in the context of the task that failed: sockets that know nothing of the request read its values.
 *
 * The process's own handlers come first, and still see them. Nothing listens to 'uncaughtException':
 * Node would take the error for handled.
 */
export function leaveAfterError(storages: ReadonlySet<WeakRef<AsyncLocalStorage<never>>>): void {
  function leave(): void {
    for (const reference of storages) {
      const storage = reference.deref();
      // The context of all other storages is kept.
      if (storage?.getStore() !== undefined) storage.enterWith(undefined as never);
    }
  }

  process.on('uncaughtExceptionMonitor', () => {
    if (!ridesOnFrames()) return;
    const failed = executionAsyncId();
    // When the last handler has returned, Node ends the execution that failed, which hooks are told.
    const hook = createHook({
      after(asyncId) {
        if (asyncId !== failed) return;
        hook.disable();
        leave();
      },
    }).enable();
    // Microtasks and finalizers have no execution to end. Their context ends with the next microtask.
    // A promise's, as test runners replace queueMicrotask().
    Promise.resolve().then(() => {
      hook.disable();
      leave();
    });
  });
}

/**
 * Whether AsyncLocalStorage rides on AsyncContextFrame. Otherwise Node drops the context of a failed
 * task itself, and `enterWith` would change the task's resource: an interval runs again.
 */
function ridesOnFrames(): boolean {
  const storage = new AsyncLocalStorage<boolean>();
  const resource = new AsyncResource('request-context');
  resource.runInAsyncScope(() => storage.enterWith(true));
  const isFrame = resource.runInAsyncScope(() => storage.getStore()) === undefined;
  storage.disable();
  return isFrame;
}
