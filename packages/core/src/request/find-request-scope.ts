import { shareInCore } from '../internal/share-in-process.ts';
import type { RequestScope } from './request-scope.ts';
import { RequestSlot } from './request-slot.ts';

const slot: Pick<typeof RequestSlot, 'get' | 'set'> = shareInCore('requests', () => RequestSlot);

/** Returns the scope of a request, whichever layer opened it; undefined if none did. */
export function findRequestScope(request: object | null | undefined): RequestScope | undefined {
  return slot.get(request);
}

/** Makes the scope available by a further object of the request, such as its response. */
export function addRequestObject(object: object, scope: RequestScope): void {
  slot.set(object, scope);
}
