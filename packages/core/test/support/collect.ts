import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
export const collectGarbage: () => void = runInNewContext('gc');

/** Collects garbage until all objects are gone, or it is clear that some stay. Returns how many stay. */
export async function countAlive(references: readonly WeakRef<object>[]): Promise<number> {
  let alive = references.length;
  for (let round = 0; alive > 0 && round < 20; round += 1) {
    // deref() keeps its object until the end of the turn.
    await nextTurn();
    collectGarbage();
    alive = references.filter((reference) => reference.deref() !== undefined).length;
  }
  return alive;
}
