import type { AsyncLocalStorage } from 'node:async_hooks';
import { channel, subscribe } from 'node:diagnostics_channel';
import { leaveAfterError } from './leave-after-error.ts';

/**
 * What all realms of a process share. A test runner gives each file a realm: its own `globalThis` and copies
 * of all modules except Node's. An object that the process itself holds, such as a listener to its events, keeps
 * alive the whole realm that created it. So only the first realm creates a hub, and it refers to the others weakly.
 */
export interface ProcessHub {
  /** Leaves the storage's scope after an error that the process survives. */
  watch(storage: AsyncLocalStorage<never>): void;
}

/** The message by which a realm looks for the hub: the realm that has it sets `hub`. */
interface HubLookup {
  hub?: ProcessHub;
}

// Channels are found by name, and all realms have the same Node modules. They do not have the same
// `globalThis`, and Jest gives each file a copy of `process`. Raise the number when the hub's shape changes.
const channelName = '@request-context/core:process-hub:1';

/** The hub of this process. */
export const processHub: ProcessHub = findProcessHub();

function findProcessHub(): ProcessHub {
  const lookup: HubLookup = {};
  channel(channelName).publish(lookup);
  if (lookup.hub !== undefined) return lookup.hub;
  const hub = createProcessHub();
  // Only this package publishes here.
  subscribe(channelName, (message) => {
    (message as HubLookup).hub = hub;
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
