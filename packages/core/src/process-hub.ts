import type { AsyncLocalStorage } from 'node:async_hooks';
import { channel, subscribe } from 'node:diagnostics_channel';
import { leaveAfterError } from './leave-after-error.ts';

/**
 * What all realms of a process share. A test runner gives each file a realm: a `globalThis` and
 * copies of all modules, but for Node's own. What the process itself holds, such as a listener of its
 * events, keeps the whole realm that it was made in. So the first realm alone makes it, and refers to
 * the others weakly.
 */
export interface ProcessHub {
  /** Leaves the storage's scope after an error that the process survives. */
  watch(storage: AsyncLocalStorage<never>): void;
}

interface Question {
  hub?: ProcessHub;
}

// Channels are found by name, and Node's modules are the same in all realms. `globalThis` is not,
// and Jest gives each file a copy of `process`. The number rises when the hub's shape changes.
const question = '@request-context/core:process-hub:1';

function findProcessHub(): ProcessHub {
  const asked: Question = {};
  channel(question).publish(asked);
  if (asked.hub !== undefined) return asked.hub;
  const hub = createProcessHub();
  // Published to by this package alone.
  subscribe(question, (message) => {
    (message as Question).hub = hub;
  });
  return hub;
}

function createProcessHub(): ProcessHub {
  const storages = new Set<WeakRef<AsyncLocalStorage<never>>>();
  const releases = new FinalizationRegistry<() => void>((release) => release());
  leaveAfterError(storages);
  return {
    watch(storage) {
      const reference = new WeakRef(storage);
      storages.add(reference);
      releases.register(storage, () => storages.delete(reference));
    },
  };
}

export const processHub: ProcessHub = findProcessHub();
