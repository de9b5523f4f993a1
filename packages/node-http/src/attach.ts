import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Method, type RequestScope, wrapMethod } from '@request-context/core/adapter';
import { adoptServer } from './adopt-server.ts';
import { answerError, answerErrorOnSocket } from './answer-error.ts';
import { attachedServers } from './attached-servers.ts';
import { createEntrance, type Entrance } from './entrance.ts';
import { dispatchRequest } from './express-prototypes.ts';
import type { RawRequest, RawResponse } from './incoming.ts';
import { answerClientError } from './on-client-error.ts';
import { type OnError, reportError } from './report-error.ts';
import { type ServerOptions, splitOptions } from './server-options.ts';

/** What {@link attach} needs of a server: those of node:http, node:https and node:http2 have it. */
export interface AttachableServer {
  emit(...args: never[]): unknown;
}

type ClientErrorEvent = [event: unknown, error: Error, socket: Duplex];

/**
 * Enters every request at the server itself, before any listener: what runs ahead of a middleware
 * is covered too, and so are `checkContinue`, `checkExpectation`, `connect`, `upgrade`, `dropRequest` and
 * what an upgraded socket emits; the responses that Node sends by itself carry an id as well.
 * `app.use(requestId())` behind it finds the scope and keeps it. A server that is attached already
 * stays as it is.
 *
 * What the options' functions throw is answered with 500, and an id refused by
 * `onInvalid: 'reject'` with 400, before any listener sees the request.
 *
 * @example
 * const server = createServer(app);
 * attach(server, { trust: 'loopback' });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has a value that it cannot have
 */
export function attach<Req extends RawRequest = IncomingMessage>(
  server: AttachableServer,
  options?: ServerOptions<Req>,
): void {
  const { onError, rest } = splitOptions(options);
  attachEntrance(server, createEntrance(rest), { onError });
}

/** How {@link attachEntrance} handles a scope's error. */
export interface ErrorHandling<Req> {
  /**
   * True where a framework's hook or middleware behind takes the error of a request, and hands it to the
   * framework's error handling. Upgrades and CONNECTs are answered here even so.
   * @default false
   */
  readonly leavesRequests?: boolean;
  /** Is told of failures that are answered here. @default one line on stderr */
  readonly onError?: OnError<Req> | undefined;
}

/** The same with an entrance that exists already. */
export function attachEntrance<Req extends RawRequest>(
  server: AttachableServer,
  entrance: Entrance<Req>,
  { leavesRequests = false, onError }: ErrorHandling<Req> = {},
): void {
  if (attachedServers.has(server)) return;
  attachedServers.set(server, (req: Req, res: RawResponse) => entrance.enter(req, res, req));
  adoptServer(server);

  type RequestEvent = [event: unknown, req: Req, out: RawResponse | Duplex];

  function fail(scope: RequestScope, req: Req, out: RawResponse | Duplex, error: Error): void {
    reportError(error, { requestId: scope.requestId, req }, onError);
    if (isResponse(out)) answerError(out, error);
    else {
      answerErrorOnSocket(out, error, entrance.echo ? [[entrance.header, scope.requestId]] : []);
    }
  }

  wrapMethod(server, 'emit', (emit) => {
    function emitInside(this: unknown, args: RequestEvent): unknown {
      const [, req, out] = args;
      const isRequest = isResponse(out);
      const scope = entrance.enter(req, isRequest ? out : undefined, req);
      const error = isRequest && leavesRequests ? undefined : scope.takeError();
      if (error !== undefined) {
        scope.run(fail, scope, req, out, error);
        return true;
      }
      if (!isRequest) scope.bindEmitter(out);
      const result = dispatchRequest(req, runIn, scope, emit, this, args);
      if (isRequest) entrance.enter(req, out, req);
      return result;
    }

    return function (...args: unknown[]): unknown {
      // Emitted by hand, with less than Node gives: there is nothing to enter.
      switch (isObject(args[1]) && isObject(args[2]) ? args[0] : undefined) {
        case 'request':
        case 'checkContinue':
        case 'checkExpectation':
        case 'connect':
        case 'upgrade':
          return emitInside.call(this, args as RequestEvent);
        // Of a request that Node answers with 503. The second argument is the connection.
        case 'dropRequest':
          return entrance.open(args[1] as Req, args[1] as Req).run(Reflect.apply, emit, this, args);
        case 'clientError': {
          const isHandled = Reflect.apply(emit, this, args);
          if (!isHandled && entrance.echo) {
            const [, error, socket] = args as ClientErrorEvent;
            answerClientError(error, socket, entrance.header);
          }
          return isHandled || entrance.echo;
        }
        default:
          return Reflect.apply(emit, this, args);
      }
    };
  });
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function runIn(scope: RequestScope, emit: Method, server: unknown, args: unknown[]): unknown {
  return scope.run(Reflect.apply, emit, server, args);
}

/** Of `connect`, HTTP/1 gives the socket and HTTP/2 a response. */
function isResponse(out: RawResponse | Duplex): out is RawResponse {
  return 'writeHead' in out;
}
