import { defaultState } from './context-state.ts';
import { readValue } from './scope.ts';

const { storage } = defaultState;

/** Returns the id of the request that is being handled; undefined outside of any. */
export function getRequestId(): string | undefined {
  // What get('requestId') does, in one step less: this is called for every log line.
  const scope = storage.getStore();
  if (scope === undefined) return undefined;
  let id = scope.values.requestId;
  if (id === undefined && scope.parent !== undefined) id = readValue(scope, 'requestId');
  return id as string | undefined;
}
