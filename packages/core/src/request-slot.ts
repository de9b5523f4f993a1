import type { RequestScope } from './request-scope.ts';

/** Gives back the object that it is made of, to which fields of subclasses are then added. */
class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: that is what it is for
    return object as Given;
  }
}

/** The scopes of objects that cannot be given a private field. */
const others = new WeakMap<object, RequestScope>();

/**
 * Where a request keeps its scope: a private field, which nobody else can see. A WeakMap does the
 * same, but takes about three times as long, and the garbage collector has to look after it. It is there
 * for objects that are not extensible, which by a proposal to TC39 take no private fields.
 */
export class RequestSlot extends Given {
  #scope: RequestScope;

  private constructor(request: object, scope: RequestScope) {
    super(request);
    this.#scope = scope;
  }

  static get(request: object | null | undefined): RequestScope | undefined {
    // `res.req`, for one, may be set to anything.
    if (typeof request !== 'object' || request === null) return undefined;
    return #scope in request ? request.#scope : others.get(request);
  }

  static set(request: object, scope: RequestScope): void {
    try {
      new RequestSlot(request, scope);
    } catch {
      // It has one already, or cannot be given one.
      if (#scope in request) request.#scope = scope;
      else others.set(request, scope);
    }
  }
}
