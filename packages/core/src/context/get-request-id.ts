import { defaultState } from './context-state.ts';
import { readValue } from './scope.ts';

const { storage } = defaultState;

/**
 * Returns the id of the request that is being handled; undefined outside of requests.
 *
 * @example
 * logger.info(`${getRequestId()} order saved`);
 */
export function getRequestId(): string | undefined {
  // The same as get('requestId'), with one step less: every log line calls this.
  const scope = storage.getStore();
  if (scope === undefined) return undefined;
  let id = scope.values.requestId;
  if (id === undefined && scope.parent !== undefined) id = readValue(scope, 'requestId');
  return id as string | undefined;
}
