import { EventEmitter } from 'node:events';
import { addRequestObject, isScoped, type RequestScope } from '@request-context/core/adapter';
import { adoptServer } from './adopt-server.ts';
import { bindConnection } from './bind-connection.ts';
import { bindOwn } from './bind-own.ts';
import { bindStream } from './bind-stream.ts';
import { giveToExpress } from './express-prototypes.ts';
import { isHttp2, type RawRequest, type RawResponse } from './incoming.ts';
import {
  type RequestClass,
  type ResponseClass,
  scopedRequestClass,
  scopedResponseClass,
} from './scoped-class.ts';
import { requestMethods, responseMethods, type ScopedMethods } from './scoped-methods.ts';

/** What is told apart between requests and responses. */
interface Kind {
  readonly name: 'request' | 'response';
  readonly methodsOver: (base: object, isOverOwn?: boolean) => ScopedMethods;
  readonly classOver: (Base: never) => RequestClass | ResponseClass;
}

/** A request or a response, as far as it is of interest here. */
interface Message {
  readonly emit?: unknown;
  readonly socket?: object | null;
  readonly req?: { readonly socket?: object | null };
}

const request: Kind = {
  name: 'request',
  methodsOver: requestMethods,
  classOver: scopedRequestClass,
};

const response: Kind = {
  name: 'response',
  methodsOver: responseMethods,
  classOver: scopedResponseClass,
};

/**
 * Makes what a request and its response emit run in the request's scope, and the response's head carry the
 * id, by the first of these ways that there is:
 *
 * 1. They are of a subclass that does so: their server was given it, by an earlier request or by `attach`.
 * 2. They are Express's, and inherit from `express.request` and `express.response`, which get the methods.
 * 3. They are of the class that the subclass extends, as their server is given that only now.
 * 4. They get methods of their own: HTTP/2's, those of `inject()`, those of servers that are not Node's.
 *
 * An object that cannot be changed is left alone.
 */
export function bindExchange(
  scope: RequestScope,
  raw: RawRequest,
  res: RawResponse | undefined,
): void {
  if (isHttp2(raw)) bindStream(raw.stream, scope);
  else bindConnection(raw.socket);
  if (!isScoped(raw.emit)) bind(raw, scope, request);
  if (res === undefined) return;
  // Its `req` may be replaced.
  addRequestObject(res, scope);
  if (!isScoped(res.emit) || !isScoped(res.writeHead)) bind(res, scope, response);
}

/**
 * Binds again what has lost its methods since: Express has changed the prototypes to those of a copy that
 * was not known.
 */
export function rebindExchange(
  scope: RequestScope,
  raw: RawRequest,
  res: RawResponse | undefined,
): void {
  if (isLost(raw)) bind(raw, scope, request);
  if (res !== undefined && isLost(res)) bind(res, scope, response);
}

/** Whether nothing leads to our `emit`. What somebody put over it as the object's own does. */
function isLost(object: Message): boolean {
  return !isScoped(object.emit) && !Object.hasOwn(object, 'emit');
}

function bind(object: Message, scope: RequestScope, kind: Kind): void {
  if (!giveToExpress(object, kind.name)) joinSubclass(object, kind);
  // Node's count of listeners, by which events that nobody listens to are told, is that of its own emitters.
  if (!(object instanceof EventEmitter) && typeof object.emit === 'function') {
    scope.bindEmitter(object as never);
  }
  bindOwn(object, kind.methodsOver);
}

/** Makes an object that its server has created by the class alone one of the subclass. */
function joinSubclass(object: Message, { classOver, methodsOver }: Kind): void {
  const { server } = (object.socket ?? object.req?.socket ?? {}) as { server?: object };
  if (server === undefined || !adoptServer(server)) return;
  const prototype = Object.getPrototypeOf(object) as { constructor?: { prototype?: unknown } };
  const Base = prototype.constructor;
  if (typeof Base !== 'function' || Base.prototype !== prototype) return;
  // What somebody put over the class's methods calls those, and would not come to the subclass's.
  if (Object.keys(methodsOver({})).some((name) => Object.hasOwn(object, name))) return;
  Reflect.setPrototypeOf(object, classOver(Base as never).prototype);
}
