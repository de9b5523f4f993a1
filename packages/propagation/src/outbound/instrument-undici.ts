import { context, type Snapshot } from '@request-context/core';
import { type Method, runWithoutScope } from '@request-context/core/adapter';
import { isObject } from '../internal/is-object.ts';
import { hasBuiltInUndici, noteWrapper } from './built-in-undici.ts';
import {
  type DispatcherFacts,
  dispatcherFacts,
  findBase,
  globalDispatchers,
  socketOf,
} from './dispatcher-facts.ts';
import { type Fetch, followByHand } from './follow-by-hand.ts';
import { listenTo } from './listen-to.ts';
import type { Outbound } from './outbound.ts';
import { patchMethod } from './patch-method.ts';
import { scopeBody, scopeHandler } from './scope-handler.ts';
import { headerValues, withHeader } from './undici-headers.ts';
import {
  isNamedByCall,
  originOf,
  type Route,
  setHeaders,
  takeBack,
  targetOf,
  type UndiciRequest,
} from './undici-request.ts';

/** The part of a socket that is used here. */
interface Socket {
  emit(...args: never[]): unknown;
  readonly remoteAddress?: string | undefined;
}

/** The module of undici: what `import * as undici from 'undici'` has. */
export interface UndiciModule {
  readonly Dispatcher: unknown;
  readonly Agent?: unknown;
}

/** Who asked for a request: runs a function in that scope. Undefined where that is not certain. */
type Asker = Snapshot | undefined;

/** Options of a dispatch. */
interface DispatchOptions {
  readonly origin?: unknown;
  readonly path?: unknown;
  readonly method?: unknown;
  readonly body?: unknown;
  readonly headers?: unknown;
}

/** A dispatch that is under way. A client makes its request, and publishes it, before the dispatch returns. */
interface Dispatch {
  readonly asker: Asker;
  readonly dispatcher: object;
  readonly facts: DispatcherFacts;
  readonly options: DispatchOptions;
  readonly handler: object;
  /** Whether the request has been made, or a dispatcher further down makes it. */
  isSpent: boolean;
}

/** What is known of a connector, which makes the connections of a client or a pool. */
interface Connections {
  /** Whether they go where the URL says; undefined before the first one. */
  isCertain: boolean | undefined;
  /** Takes back the headers of each request that waits for the first one. */
  readonly waiting: Map<UndiciRequest, () => void>;
}

/**
 * Makes calls of `fetch` and of undici carry the id. Returns a function that undoes it.
 *
 * ## Who asks
 *
 * A pool makes and publishes a request when it has a connection, in the scope of who used that connection before. So the
 * asker is taken at `dispatch`, and goes along in the options, to the client that makes the request. The handler's
 * callbacks run in the asker's scope, because retries and redirects are dispatched from them.
 *
 * ## Where it goes
 *
 * Headers are added to the request that a client has made, when it is published. There each retry and each hop of a
 * redirect is a separate request, and none copies headers from another.
 */
export function instrumentUndici(outbound: Outbound, modules: readonly UndiciModule[]): () => void {
  /** The key under which the options of a dispatch hold its asker. */
  const askerKey = Symbol('asker');
  const undos: (() => void)[] = [];
  const patched = new WeakSet<object>();
  /** Dispatches by the handlers of undici 5 and 6 that follow redirects below `dispatch`. */
  const dispatches = new WeakMap<object, Dispatch>();
  const connections = new WeakMap<object, Connections>();
  let current: Dispatch | undefined;
  let isUndone = false;

  function patchBaseOf(dispatcher: unknown): void {
    const base = findBase(dispatcher);
    if (base === undefined || patched.has(base)) return;
    patched.add(base);
    undos.push(patchMethod(base, 'dispatch', wrapDispatch));
  }

  function wrapDispatch(original: () => Method): Method {
    return function dispatch(this: object, options: unknown, handler: unknown): unknown {
      if (isUndone || !isObject(options) || !isObject(handler)) {
        return Reflect.apply(original(), this, [options, handler]);
      }
      const isMarked = askerKey in options;
      const facts = dispatcherFacts(this);
      const asker = isMarked ? (Reflect.get(options, askerKey) as Asker) : askerOf(facts);
      const marked: DispatchOptions = isMarked ? (options as object) : mark(options, asker);
      const outer = current;
      if (outer !== undefined && isMarked) outer.isSpent = true;
      const inner: Dispatch = {
        asker,
        dispatcher: this,
        facts,
        options: marked,
        handler: isMarked || asker === undefined ? handler : scopeHandler(handler, asker),
        isSpent: false,
      };
      current = inner;
      try {
        return Reflect.apply(original(), this, [
          isHttp2Of5(inner) ? withHttp2Headers(outbound, inner) : marked,
          inner.handler,
        ]);
      } finally {
        current = outer;
      }
    };
  }

  /** Returns a copy of the options that holds the asker. */
  function mark(options: DispatchOptions, asker: Asker): DispatchOptions {
    const prototype: unknown = Object.getPrototypeOf(options);
    const marked: Record<PropertyKey, unknown> =
      prototype === Object.prototype
        ? { ...options, [askerKey]: asker }
        : Object.assign(Object.create(prototype as object), options, { [askerKey]: asker });
    if (asker !== undefined && isObject(marked.body)) marked.body = scopeBody(marked.body, asker);
    return marked;
  }

  function onCreate(message: unknown): void {
    const { request } = message as { request: UndiciRequest };
    const handler = isNamedByCall(request) ? handlerOf(request) : undefined;
    const dispatch = current ?? (handler === undefined ? undefined : dispatches.get(handler));
    if (dispatch === undefined || (dispatch === current && dispatch.isSpent)) return;
    dispatch.isSpent = true;
    // Another handler than that of the dispatch: it follows redirects.
    if (handler !== undefined && handler !== dispatch.handler) dispatches.set(handler, dispatch);
    const { asker, facts, options } = dispatch;
    if (asker === undefined || request.method === 'CONNECT' || isHttp2Of5(dispatch)) return;
    const { origin, connector } = facts;
    const known = connector === undefined ? undefined : connectionsOf(connector);
    if (known !== undefined && known.isCertain === undefined) {
      // No event comes for a connection that was opened before.
      const socket = socketOf(dispatch.dispatcher);
      if (isObject(socket)) settle(known, socket);
    }
    const asked = isNamedByCall(request) ? request.origin : options.origin;
    const route: Route = {
      path: request.path,
      host: request.host,
      asked: originOf(asked, origin),
      connection: origin,
      isPathNeeded: outbound.isPathNeeded,
    };
    const target = known?.isCertain === false ? undefined : targetOf(route);
    if (known === undefined || known.isCertain !== undefined) {
      asker(setHeaders, request, outbound, target);
      return;
    }
    const { headers } = request;
    const former = typeof headers === 'string' ? headers : [...headers];
    const added = asker(setHeaders, request, outbound, target);
    known.waiting.set(request, () => takeBack(request, added, former));
  }

  function connectionsOf(connector: object): Connections {
    let known = connections.get(connector);
    if (known === undefined) {
      known = { isCertain: undefined, waiting: new Map() };
      connections.set(connector, known);
    }
    return known;
  }

  function onConnected(message: unknown): void {
    const { connector, socket } = message as { connector: object; socket: Socket };
    settle(connectionsOf(connector), socket);
    // What the socket emits is for anyone's request.
    runWithoutScope(context.bindEmitter, socket);
  }

  /** Notes where the connections of a connector go, given one of them. */
  function settle(known: Connections, { remoteAddress }: Pick<Socket, 'remoteAddress'>): void {
    // A socket path, or a stream that is no connection.
    known.isCertain = remoteAddress !== undefined;
    if (!known.isCertain) for (const undo of known.waiting.values()) undo();
    known.waiting.clear();
  }

  function onConnectError(message: unknown): void {
    const { waiting } = connectionsOf((message as { connector: object }).connector);
    for (const request of waiting.keys()) if (request.aborted === true) waiting.delete(request);
  }

  function patchGlobals(): void {
    for (const dispatcher of globalDispatchers()) patchBaseOf(dispatcher);
  }

  function wrapFetch(original: () => Fetch): Fetch {
    const fetch = original();
    const wrapper = new Proxy(fetch, {
      apply(fetch, self, args: Parameters<Fetch>) {
        if (!isUndone && !hasBuiltInUndici) {
          const call: Fetch = (...args) => Reflect.apply(fetch, self, args);
          return followByHand(outbound, call, ...args);
        }
        // Another copy of undici can have replaced the global dispatcher.
        if (!isUndone) patchGlobals();
        return Reflect.apply(fetch, self, args);
      },
    });
    noteWrapper(wrapper, fetch);
    return wrapper;
  }

  const unsubscribes = [
    listenTo('undici:request:create', onCreate),
    listenTo('undici:client:connected', onConnected),
    listenTo('undici:client:connectError', onConnectError),
  ];
  for (const { Agent } of modules) {
    if (typeof Agent === 'function') patchBaseOf(Agent.prototype);
  }
  // Node loads its copy of undici, which makes the global dispatcher, when one of its classes is first read.
  if (hasBuiltInUndici) void globalThis.Response;
  patchGlobals();
  undos.push(patchMethod(globalThis, 'fetch', wrapFetch));

  return () => {
    isUndone = true;
    for (const unsubscribe of unsubscribes) unsubscribe();
    for (const undo of undos.splice(0).reverse()) undo();
  };
}

/** Returns the asker of a dispatch that has none yet: the current scope, unless it comes from the queue of a pool. */
function askerOf({ isQueued }: DispatcherFacts): Asker {
  return isQueued ? undefined : context.snapshot();
}

/** The key of the handler, by the prototypes of requests: each copy of undici has its own. */
const handlerKeys = new WeakMap<object, symbol | undefined>();

/** Returns the handler of a request, which undici keeps under a symbol. */
function handlerOf(request: UndiciRequest): object | undefined {
  const prototype = Object.getPrototypeOf(request) as object;
  let key = handlerKeys.get(prototype);
  if (key === undefined) {
    key = Object.getOwnPropertySymbols(request).find(
      ({ description }) => description === 'handler',
    );
    handlerKeys.set(prototype, key);
  }
  return key === undefined ? undefined : (Reflect.get(request, key) as object);
}

/** Returns whether a client of undici 5 speaks HTTP/2. It publishes a request before it sets its headers. */
function isHttp2Of5({ dispatcher, facts: { versionKey } }: Dispatch): boolean {
  return versionKey !== undefined && Reflect.get(dispatcher, versionKey) === 'h2';
}

/** Returns the options of a dispatch, with the headers to send: the request cannot be given them later. */
function withHttp2Headers(
  outbound: Outbound,
  { asker, facts, options }: Dispatch,
): DispatchOptions {
  const { headers, path, method, origin } = options;
  if (asker === undefined || method === 'CONNECT') return options;
  const target = targetOf({
    path: String(path),
    host: headerValues(headers, 'host')[0],
    asked: originOf(origin, facts.origin),
    connection: facts.origin,
    isPathNeeded: outbound.isPathNeeded,
  });
  const added = asker(outbound.headersFor, target, (name) => headerValues(headers, name));
  if (added.length === 0) return options;
  const all = added.reduce((all, [name, value]) => withHeader(all, name, value), headers);
  return { ...options, headers: all };
}
