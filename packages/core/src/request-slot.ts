import type { RequestScope } from './request-scope.ts';

/** Gives back the object that it is made of, to which fields of subclasses are then added. */
class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: that is what it is for
    return object as Given;
  }
}

/**
 * Where a request keeps its scope: a private field, which nobody else can see. A WeakMap does the
 * same, but takes about three times as long, and the garbage collector has to look after it.
 */
export class RequestSlot extends Given {
  #scope: RequestScope;

  private constructor(request: object, scope: RequestScope) {
    super(request);
    this.#scope = scope;
  }

  static get(request: object | null | undefined): RequestScope | undefined {
    return request != null && #scope in request ? request.#scope : undefined;
  }

  static set(request: object, scope: RequestScope): void {
    if (#scope in request) request.#scope = scope;
    else new RequestSlot(request, scope);
  }
}
