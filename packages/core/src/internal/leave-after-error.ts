import { AsyncLocalStorage, AsyncResource, createHook, executionAsyncId } from 'node:async_hooks';

/**
 * Leaves the scopes of an error that the process survives by any means: a listener, a capture
 * callback, a domain. Where AsyncLocalStorage is built on AsyncContextFrame (Node 24 and later), Node stays in
 * the context of the task that failed: sockets that have nothing to do with the request see its values.
 *
 * The process's own handlers run first, and still see the scopes. This listens to 'uncaughtExceptionMonitor',
 * because a listener for 'uncaughtException' would make Node treat every error as handled.
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
    if (!usesContextFrames()) return;
    const failed = executionAsyncId();
    // When the last handler has returned, Node ends the execution that failed, and calls the hook.
    const hook = createHook({
      after(asyncId) {
        if (asyncId !== failed) return;
        hook.disable();
        leave();
      },
    }).enable();
    // Microtasks and finalizers have no execution to end. Their context ends with the next microtask.
    // By a promise, because test runners replace queueMicrotask().
    Promise.resolve().then(() => {
      hook.disable();
      leave();
    });
  });
}

/**
 * Returns whether AsyncLocalStorage is built on AsyncContextFrame. Otherwise Node itself drops the context of
 * a failed task, and `enterWith` would change the task's resource: an interval runs again.
 */
function usesContextFrames(): boolean {
  const storage = new AsyncLocalStorage<boolean>();
  const resource = new AsyncResource('request-context');
  resource.runInAsyncScope(() => storage.enterWith(true));
  const isFrame = resource.runInAsyncScope(() => storage.getStore()) === undefined;
  storage.disable();
  return isFrame;
}
