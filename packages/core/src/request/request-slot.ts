import type { RequestScope } from './request-scope.ts';

/** Returns the given object from its constructor, so a subclass's private fields land on it. */
class ReturnOverride {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: the class exists for this
    return object as ReturnOverride;
  }
}

/** The scopes of objects that cannot have a private field. */
const others = new WeakMap<object, RequestScope>();

/**
 * Keeps a request's scope in a private field of the request, which no other code can see. A WeakMap does the
 * same, but takes about three times as long, and the garbage collector has to look after it. It serves objects
 * that are not extensible, which by TC39's proposal nonextensible-applies-to-private take no private fields.
 */
export class RequestSlot extends ReturnOverride {
  #scope: RequestScope;

  private constructor(request: object, scope: RequestScope) {
    super(request);
    this.#scope = scope;
  }

  static get(request: object | null | undefined): RequestScope | undefined {
    // Applications can set anything as `res.req`.
    if (typeof request !== 'object' || request === null) return undefined;
    return #scope in request ? request.#scope : others.get(request);
  }

  static set(request: object, scope: RequestScope): void {
    try {
      new RequestSlot(request, scope);
    } catch {
      // It has the field already, or cannot have one.
      if (#scope in request) request.#scope = scope;
      else others.set(request, scope);
    }
  }
}
