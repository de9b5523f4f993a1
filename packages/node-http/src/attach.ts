import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Method, type RequestScope, wrapMethod } from '@request-context/core/adapter';
import { attachedServers } from './attached-servers.ts';
import { bindEmitterTo } from './bind-emitter-to.ts';
import { dispatchRequest } from './express-prototypes.ts';
import { sendClientError } from './on-client-error.ts';
import type { RawRequest, RawResponse } from './raw-message.ts';
import { type OnError, reportError } from './report-error.ts';
import { createRequestScopes, type RequestScopes } from './request-scopes.ts';
import { sendProblem, sendProblemOnSocket } from './send-problem.ts';
import { type ServerOptions, splitOptions } from './server-options.ts';
import { useScopedClasses } from './use-scoped-classes.ts';

/** The part of a server that {@link attach} uses. Servers of node:http, node:https and node:http2 have it. */
export interface AttachableServer {
  emit(...args: never[]): unknown;
}

type ClientErrorEvent = [event: unknown, error: Error, socket: Duplex];

/**
 * Opens the scope of every request at the server, before any listener: code ahead of a middleware is covered too,
 * as are `checkContinue`, `checkExpectation`, `connect`, `upgrade`, `dropRequest` and the events of an upgraded
 * socket. The responses that Node itself sends carry an id as well. A later `app.use(requestId())` finds the
 * scope and keeps it. It is idempotent: a server that is attached already stays as it is.
 *
 * If a function among the options throws, the response is 500. If `onInvalid: 'reject'` rejects an id, it is
 * 400. No listener sees such a request.
 *
 * @example
 * const server = createServer(app);
 * attach(server, { trust: 'loopback' });
 * @example
 * attach(server, { onError: (error, { requestId }) => logger.error({ requestId, error }) });
 *
 * @throws {InvalidOptionError} naming the option that is unknown or has an invalid value
 */
export function attach<Req extends RawRequest = IncomingMessage>(
  server: AttachableServer,
  options?: ServerOptions<Req>,
): void {
  const { onError, rest } = splitOptions(options);
  attachRequestScopes(server, createRequestScopes(rest), { onError });
}

/** How {@link attachRequestScopes} handles a scope's error. */
export interface ErrorHandling<Req> {
  /**
   * True where a later hook or middleware takes the error of a request, and passes it to the framework's error
   * handling. Upgrades and CONNECTs get their response here all the same.
   * @default false
   */
  readonly leavesRequests?: boolean;
  /**
   * Called with each request that failed and gets its response here.
   * @default writes one line to stderr, with the id
   */
  readonly onError?: OnError<Req> | undefined;
}

/**
 * Does what {@link attach} does, with scopes that an adapter has created.
 *
 * @example
 * attachRequestScopes(app.server, scopes, { leavesRequests: true });
 */
export function attachRequestScopes<Req extends RawRequest>(
  server: AttachableServer,
  scopes: RequestScopes<Req>,
  { leavesRequests = false, onError }: ErrorHandling<Req> = {},
): void {
  if (attachedServers.has(server)) return;
  attachedServers.set(server, (req: Req, res: RawResponse) => scopes.bind(req, res, req));
  useScopedClasses(server);

  type RequestEvent = [event: unknown, req: Req, out: RawResponse | Duplex];

  function fail(scope: RequestScope, req: Req, out: RawResponse | Duplex, error: Error): void {
    reportError(error, { requestId: scope.requestId, req }, onError);
    if (isResponse(out)) sendProblem(out, error);
    else {
      sendProblemOnSocket(out, error, scopes.echo ? [[scopes.header, scope.requestId]] : []);
    }
  }

  wrapMethod(server, 'emit', (emit) => {
    function emitInside(this: unknown, args: RequestEvent): unknown {
      const [, req, out] = args;
      const isRequest = isResponse(out);
      const scope = scopes.bind(req, isRequest ? out : undefined, req);
      const error = isRequest && leavesRequests ? undefined : scope.takeError();
      if (error !== undefined) {
        scope.run(fail, scope, req, out, error);
        return true;
      }
      if (!isRequest) bindEmitterTo(scope, out);
      const result = dispatchRequest(req, runIn, scope, emit, this, args);
      if (isRequest) scopes.bind(req, out, req);
      return result;
    }

    return function (...args: unknown[]): unknown {
      // Emitted by hand, with fewer arguments than Node's: there is no request.
      switch (isObject(args[1]) && isObject(args[2]) ? args[0] : undefined) {
        case 'request':
        case 'checkContinue':
        case 'checkExpectation':
        case 'connect':
        case 'upgrade':
          return emitInside.call(this, args as RequestEvent);
        // Node responds to the request with 503. The last argument is the connection.
        case 'dropRequest':
          return scopes.open(args[1] as Req, args[1] as Req).run(Reflect.apply, emit, this, args);
        case 'clientError': {
          const isHandled = Reflect.apply(emit, this, args);
          if (!isHandled && scopes.echo) {
            const [, error, socket] = args as ClientErrorEvent;
            sendClientError(error, socket, scopes.header);
          }
          return isHandled || scopes.echo;
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

/** Returns whether it is a response. On `connect`, HTTP/1 passes the socket and HTTP/2 a response. */
function isResponse(out: RawResponse | Duplex): out is RawResponse {
  return 'writeHead' in out;
}
