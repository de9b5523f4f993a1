import { IncomingMessage, ServerResponse } from 'node:http';
import {
  bindRequestEmitters,
  type Echo,
  findRequestScope,
  type Method,
  type RequestScope,
  replaceMethod,
  replacePrototypeMethod,
} from '@request-context/core/adapter';
import { bindConnection } from './bind-connection.ts';
import { bindWrites, sharesWrites } from './bind-writes.ts';
import { settleGivenHead, settleHead } from './echo.ts';
import type { RawRequest, RawResponse } from './incoming.ts';

/**
 * Makes what a request and its response emit run in the request's scope, and the response's head
 * carry the id. Node's own classes do so for all their objects at once: to give each request and
 * response methods of their own takes longer than everything else that is done for them together.
 * Others (HTTP/2's, those of `inject()`) are given methods of their own, and so are all once somebody
 * has replaced those of the classes.
 */
export function bindExchange(scope: RequestScope, raw: RawRequest, res: RawResponse): void {
  methods ??= replaceNodesMethods();
  const { socket } = raw;
  if (isNodes(raw, res, methods)) bindConnection(socket);
  else bindEach(scope, raw, res);
  if (sharesWrites(res, socket)) bindWrites(res, scope);
}

function bindEach(scope: RequestScope, raw: RawRequest, res: RawResponse): void {
  scope.bindEmitter(raw);
  scope.bindEmitter(res);
  // HTTP/2's compatibility objects are told by the stream what to emit.
  if ('stream' in raw) scope.bindEmitter(raw.stream);
  else bindConnection(raw.socket);
  if (scope.echo !== undefined)
    replaceMethod(
      res,
      'writeHead',
      settlingHead(() => scope),
    );
}

/** Makes a `writeHead` that settles the head first, of responses that have a scope. */
function settlingHead<Res extends RawResponse>(scopeOf: (res: Res) => RequestScope | undefined) {
  return (writeHead: Method) =>
    // What is only passed on is not put into an array by V8: all else is left to writeGiven().
    function (this: Res, status: unknown, ...given: unknown[]): unknown {
      const scope = scopeOf(this);
      if (scope?.echo !== undefined) {
        if (given.length !== 0) {
          return writeGiven.call(this, writeHead, scope, scope.echo, status, ...given);
        }
        settleHead(this, scope, scope.echo);
      }
      return writeHead.call(this, status, ...given);
    };
}

function writeGiven(
  this: RawResponse,
  writeHead: Method,
  scope: RequestScope,
  echo: Echo,
  status: unknown,
  ...given: unknown[]
): unknown {
  settleGivenHead(this, scope, echo, given);
  return writeHead.call(this, status, ...given);
}

/** Whether all is done by the methods of Node's classes. */
function isNodes(raw: RawRequest, res: RawResponse, methods: Methods): boolean {
  return (
    raw.emit === methods.requestEmit &&
    res.emit === methods.responseEmit &&
    res.req === raw &&
    // Others replace the response's own, and call this one (on-headers does).
    (res.writeHead === methods.writeHead ||
      (res instanceof ServerResponse && ServerResponse.prototype.writeHead === methods.writeHead))
  );
}

/** The methods of Node's classes that know of scopes. */
interface Methods {
  readonly requestEmit: unknown;
  readonly responseEmit: unknown;
  readonly writeHead: unknown;
}

let methods: Methods | undefined;

function replaceNodesMethods(): Methods {
  const [requestEmit, responseEmit] = bindRequestEmitters<IncomingMessage | ServerResponse>(
    [IncomingMessage.prototype, ServerResponse.prototype],
    (emitter) => ('req' in emitter ? emitter.req : emitter),
  );
  const writeHead = replacePrototypeMethod(
    ServerResponse.prototype,
    'writeHead',
    settlingHead((res: ServerResponse) => findRequestScope(res.req)),
  );
  return { requestEmit, responseEmit, writeHead };
}
