import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RequestScope, replaceMethod } from '@request-context/core/adapter';
import { answerError, answerErrorOnSocket } from './answer-error.ts';
import { createEntrance, type Entrance } from './entrance.ts';
import type { RawRequest, RawResponse } from './incoming.ts';
import { answerClientError } from './on-client-error.ts';
import type { RequestIdOptions } from './options.ts';

/** What {@link attach} needs of a server: those of node:http, node:https and node:http2 have it. */
export interface AttachableServer {
  emit(...args: never[]): unknown;
}

type ClientErrorEvent = [event: unknown, error: Error, socket: Duplex];

/** The servers that are attached, and how their requests are entered. */
const attached = new WeakMap<object, (req: never, res: RawResponse) => unknown>();
let isSubscribed = false;

/**
 * Enters every request at the server itself, before any listener: what runs ahead of a middleware
 * is covered too, and so are `checkContinue`, `checkExpectation`, `connect`, `upgrade` and what an
 * upgraded socket emits; the answers that Node gives by itself carry an id as well.
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
  options?: RequestIdOptions<Req>,
): void {
  attachEntrance(server, createEntrance(options), true);
}

/**
 * The same with an entrance that exists already.
 *
 * @param answersErrors - False where a framework's hook or middleware behind takes the scope's
 *   error and hands it to the framework's error handling.
 */
export function attachEntrance<Req extends RawRequest>(
  server: AttachableServer,
  entrance: Entrance<Req>,
  answersErrors: boolean,
): void {
  if (attached.has(server)) return;
  attached.set(server, (req: Req, res) => entrance.enter(req, res, req));
  enterAtStart();

  type RequestEvent = [event: unknown, req: Req, out: RawResponse | Duplex];

  function enter(req: Req, out: RawResponse | Duplex): RequestScope {
    if (isResponse(out)) return entrance.enter(req, out, req);
    const scope = entrance.open(req, req);
    scope.bindEmitter(req);
    scope.bindEmitter(out);
    return scope;
  }

  replaceMethod(server, 'emit', (emit) => {
    function emitInside(this: unknown, args: RequestEvent) {
      const [, req, out] = args;
      const scope = enter(req, out);
      const error = answersErrors ? scope.takeError() : undefined;
      if (error === undefined) return scope.run(Reflect.apply, emit, this, args);
      if (isResponse(out)) scope.run(answerError, out, error);
      else scope.run(answerErrorOnSocket, out, error);
      return true;
    }

    return function (...args: unknown[]): unknown {
      switch (args[0]) {
        case 'request':
        case 'checkContinue':
        case 'checkExpectation':
        case 'connect':
        case 'upgrade':
          return emitInside.call(this, args as RequestEvent);
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

/**
 * Enters requests of attached servers as soon as Node has parsed them. Some it answers by itself
 * before it emits anything: 400 without a Host header, 417, 503 on a connection that had its share.
 */
function enterAtStart(): void {
  if (isSubscribed) return;
  isSubscribed = true;
  subscribe('http.server.request.start', (message) => {
    const { server, request, response } = message as {
      server: object;
      request: never;
      response: RawResponse;
    };
    attached.get(server)?.(request, response);
  });
}

/** Of `connect`, HTTP/1 gives the socket and HTTP/2 a response. */
function isResponse(out: RawResponse | Duplex): out is RawResponse {
  return 'writeHead' in out;
}
