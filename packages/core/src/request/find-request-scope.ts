import { shareInCore } from '../internal/share-in-process.ts';
import type { RequestScope } from './request-scope.ts';
import { RequestSlot } from './request-slot.ts';

const slot: Pick<typeof RequestSlot, 'get' | 'set'> = shareInCore('requests', () => RequestSlot);

/**
 * Returns the scope of a request, whichever layer opened it; undefined if none did.
 *
 * @example
 * findRequestScope(req)?.requestId; // 'myid'
 */
export function findRequestScope(request: object | null | undefined): RequestScope | undefined {
  return slot.get(request);
}

/**
 * Makes {@link findRequestScope} find the scope by a further object too, such as a framework's own request.
 *
 * @example
 * addRequestObject(ctx, openRequest(options, reader, ctx.raw, ctx));
 */
export function addRequestObject(object: object, scope: RequestScope): void {
  slot.set(object, scope);
}
