import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isScoped } from '@request-context/core/adapter';
import { bindAttached } from './attached-servers.ts';
import { detectExpress } from './express-prototypes.ts';
import { overrideMethods, requestMethods, responseMethods } from './scoped-methods.ts';

/** A class of requests, such as a server's option `IncomingMessage`. */
export type RequestClass = new (socket: Socket) => IncomingMessage;
/** A class of responses, such as a server's option `ServerResponse`. */
export type ResponseClass = new (req: IncomingMessage, options?: object) => ServerResponse;

const subclasses = new WeakMap<object, never>();

/** Returns the subclass whose requests emit in their scope. Each class has one. */
export function scopedRequestClass(Base: RequestClass): RequestClass {
  return subclassOf(Base, () => {
    class Request extends Base {
      // Written out: the implicit constructor, with its spread arguments, takes half as long again.
      constructor(socket: Socket) {
        super(socket);
      }
    }
    overrideMethods(Request.prototype, requestMethods(Base.prototype));
    // A class may have its own `res`, which stays.
    if (!('res' in Base.prototype)) detectExpress(Request.prototype);
    return Request;
  });
}

/** Returns the subclass whose responses emit in their scope and carry the id. Each class has one. */
export function scopedResponseClass(Base: ResponseClass): ResponseClass {
  return subclassOf(Base, () => {
    class Response extends Base {
      constructor(req: IncomingMessage, options?: object) {
        super(req, options);
        bindAttached(req, this);
      }
    }
    overrideMethods(Response.prototype, responseMethods(Base.prototype));
    return Response;
  });
}

function subclassOf<Class extends RequestClass | ResponseClass>(
  Base: Class,
  create: () => Class,
): Class {
  // A scoped class already, of this or another copy of this package.
  if (isScoped(Base.prototype.emit)) return Base;
  let subclass: Class | undefined = subclasses.get(Base);
  if (subclass === undefined) {
    subclass = create();
    // `req.constructor`, and what is printed for it, stay as they are. The subclass keeps its own `name`:
    // redefining it costs microseconds for each request.
    Object.defineProperty(subclass.prototype, 'constructor', {
      value: Base,
      configurable: true,
      enumerable: false,
      writable: true,
    });
    subclasses.set(Base, subclass as never);
  }
  return subclass;
}
