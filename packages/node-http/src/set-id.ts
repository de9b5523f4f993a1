/**
 * Sets `id` of a request, where loggers look for it. If it is a function, as in restify, the function is called
 * with the id instead of being replaced. An `id` that cannot be written is left as it is.
 */
export function setId(raw: object, id: string): void {
  const holder: { id?: unknown } = raw;
  try {
    if (typeof holder.id === 'function') callWithId(raw, holder.id as IdMethod, id);
    else holder.id = id;
  } catch {
    // Frozen, or an accessor that throws. The context has the id all the same.
  }
}

type IdMethod = (this: object, id?: string) => unknown;

/** Calls restify's `req.id(id)`, then ignores further ids: it throws at a second, such as that of `reqIdHeaders`. */
function callWithId(raw: object, method: IdMethod, id: string): void {
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
