import { EventEmitter } from 'node:events';
import { addRequestObject, isScoped } from '@request-context/core/adapter';
import { bindConnection } from './bind-connection.ts';
import { bindEmitterTo } from './bind-emitter-to.ts';
import { bindStream } from './bind-stream.ts';
import { defineOwnMethods } from './define-own-methods.ts';
import { defineOnExpress } from './express-prototypes.ts';
import type { NodeRequestScope } from './node-request-scope.ts';
import { isHttp2, type RawRequest, type RawResponse } from './raw-message.ts';
import {
  type RequestClass,
  type ResponseClass,
  scopedRequestClass,
  scopedResponseClass,
} from './scoped-classes.ts';
import { requestMethods, responseMethods, type ScopedMethods } from './scoped-methods.ts';
import { useScopedClasses } from './use-scoped-classes.ts';

/** What differs between requests and responses. */
interface Kind {
  readonly name: 'request' | 'response';
  readonly methodsOver: (base: object, isOverOwn?: boolean) => ScopedMethods;
  readonly classOver: (Base: never) => RequestClass | ResponseClass;
}

/** The part of a request or a response that is used here. */
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
 * Makes what a request and its response emit run in the request's scope, and the response's head carry the id.
 * It uses the first of these ways that works:
 *
 * 1. The objects are of a scoped subclass already: an earlier request or `attach` gave it to their server.
 * 2. The objects are Express's. `express.request` and `express.response`, their prototypes, get the methods.
 * 3. The objects are of the class that the subclass extends. Their class is changed, and the server's too.
 * 4. The objects get own methods: those of HTTP/2, of `inject()`, of servers that are not Node's.
 *
 * An object that cannot be changed is left alone.
 */
export function bindRequest(
  scope: NodeRequestScope,
  raw: RawRequest,
  res: RawResponse | undefined,
): void {
  if (isHttp2(raw)) bindStream(raw.stream, scope);
  else bindConnection(raw.socket);
  if (!isScoped(raw.emit)) bindMessage(raw, scope, request);
  if (res === undefined) return;
  // Applications may replace its `req`.
  addRequestObject(res, scope);
  if (!isScoped(res.emit) || !isScoped(res.writeHead)) bindMessage(res, scope, response);
}

/**
 * Binds again what has lost its methods since: Express changes the prototypes to those of its application,
 * which may belong to a copy of Express that is new here.
 */
export function rebindRequest(scope: NodeRequestScope, raw: RawRequest, res: RawResponse): void {
  if (isLost(raw)) bindMessage(raw, scope, request);
  if (isLost(res)) bindMessage(res, scope, response);
}

/** Returns whether `emit` no longer leads to ours. An own `emit`, which other code has set, does. */
function isLost(object: Message): boolean {
  return !isScoped(object.emit) && !Object.hasOwn(object, 'emit');
}

function bindMessage(object: Message, scope: NodeRequestScope, kind: Kind): void {
  if (!defineOnExpress(object, kind.name)) changeClass(object, kind);
  // The scoped methods count listeners, which works with Node's emitters alone.
  if (!(object instanceof EventEmitter) && typeof object.emit === 'function') {
    bindEmitterTo(scope, object as never);
  }
  defineOwnMethods(object, kind.methodsOver);
}

/** Changes the class of an object that its server created before it had the subclass. */
function changeClass(object: Message, { classOver, methodsOver }: Kind): void {
  const { server } = (object.socket ?? object.req?.socket ?? {}) as { server?: object };
  if (server === undefined || !useScopedClasses(server)) return;
  const prototype = Object.getPrototypeOf(object) as { constructor?: { prototype?: unknown } };
  const Base = prototype.constructor;
  if (typeof Base !== 'function' || Base.prototype !== prototype) return;
  // An own method of other code calls the method of the class, and would bypass that of the subclass.
  if (Object.keys(methodsOver({})).some((name) => Object.hasOwn(object, name))) return;
  Reflect.setPrototypeOf(object, classOver(Base as never).prototype);
}
