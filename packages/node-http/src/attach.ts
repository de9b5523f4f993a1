import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RequestScope } from '@request-context/core';
import { answerError, answerErrorOnSocket } from './answer-error.ts';
import { createEntrance, type Entrance } from './entrance.ts';
import type { RawRequest, RawResponse } from './incoming.ts';
import type { RequestIdOptions } from './options.ts';

/** What {@link attach} needs of a server: those of node:http, node:https and node:http2 have it. */
export interface AttachableServer {
  emit(...args: never[]): unknown;
}

const attached = new WeakSet<object>();

/**
 * Enters every request at the server itself, before any listener: what runs ahead of a middleware
 * is covered too, and so are `checkContinue`, `checkExpectation`, `connect`, `upgrade` and what an
 * upgraded socket emits. `app.use(requestId())` behind it finds the scope and keeps it. A server
 * that is attached already stays as it is.
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
  attached.add(server);
  // biome-ignore lint/complexity/noBannedTypes: called with whatever the server emits
  const emit: Function = server.emit;

  function enter(req: Req, out: RawResponse | Duplex): RequestScope {
    if (isResponse(out)) return entrance.enter(req, out, req);
    const scope = entrance.open(req, req);
    scope.bindEmitter(req);
    scope.bindEmitter(out);
    return scope;
  }

  function emitEntered(this: unknown, ...args: unknown[]): unknown {
    if (!isRequestEvent<Req>(args)) return Reflect.apply(emit, this, args);
    const [, req, out] = args;
    const scope = enter(req, out);
    const error = answersErrors ? scope.takeError() : undefined;
    if (error === undefined) return scope.run(Reflect.apply, emit, this, args);
    if (isResponse(out)) scope.run(answerError, out, error);
    else scope.run(answerErrorOnSocket, out, error);
    return true;
  }

  Object.defineProperty(server, 'emit', {
    configurable: true,
    enumerable: false,
    writable: true,
    value: emitEntered,
  });
}

type RequestEvent<Req> = [event: string, req: Req, out: RawResponse | Duplex];

function isRequestEvent<Req>(args: unknown[]): args is RequestEvent<Req> {
  switch (args[0]) {
    case 'request':
    case 'checkContinue':
    case 'checkExpectation':
    case 'connect':
    case 'upgrade':
      return true;
    default:
      return false;
  }
}

/** Of `connect`, HTTP/1 gives the socket and HTTP/2 a response. */
function isResponse(out: RawResponse | Duplex): out is RawResponse {
  return 'writeHead' in out;
}
