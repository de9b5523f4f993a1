/**
 * Sets `id` of a request, where loggers look for it. What stands there already is not written over if it is
 * a function, as in restify, whose requests are told their id by it; nor if it cannot be written.
 */
export function setId(raw: object, id: string): void {
  const holder: { id?: unknown } = raw;
  try {
    if (typeof holder.id === 'function') tellId(raw, holder.id as IdMethod, id);
    else holder.id = id;
  } catch {
    // Frozen, or an accessor that throws: the id is in the context all the same.
  }
}

type IdMethod = (this: object, id?: string) => unknown;

/** restify's `req.id(id)` throws when there is an id, as when its plugin `reqIdHeaders` comes later. */
function tellId(raw: object, method: IdMethod, id: string): void {
  Reflect.apply(method, raw, [id]);
  Reflect.defineProperty(raw, 'id', {
    configurable: true,
    enumerable: false,
    writable: true,
    value: function (this: object): unknown {
      return Reflect.apply(method, this, []);
    },
  });
}
