// Checked by tsc only.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import {
  type RawRequest,
  type RequestIdOptions,
  type RequestWithId,
  withRequestId,
} from '@request-context/node-http';

/** Compiles when the type of `value` is `T`, neither wider nor narrower. */
function isExactly<T>() {
  return <U>(value: U, ..._same: Same<T, U> extends true ? [] : [never]): U => value;
}
type Same<T, U> =
  (<X>() => X extends T ? 1 : 2) extends <X>() => X extends U ? 1 : 2 ? true : false;

declare const ofAny: RequestIdOptions<RawRequest>;
declare const ofHttp2: RequestIdOptions<Http2ServerRequest>;

// The listener's request has an id, whether its type is annotated or not.
createServer(withRequestId((req, res) => res.end(isExactly<string>()(req.id))));
createServer(withRequestId((req, res) => res.end(isExactly<string>()(req.id)), ofAny));
createServer(withRequestId((_req: IncomingMessage, res: ServerResponse) => res.end(), ofAny));
createServer(withRequestId((req: RequestWithId, res) => res.end(isExactly<string>()(req.id))));
createServer(
  withRequestId(
    (req, res) => {
      isExactly<string | undefined>()(req.url);
      isExactly<number>()(res.statusCode);
    },
    { trust: (req) => isExactly<string | undefined>()(req.socket.remoteAddress) === '127.0.0.1' },
  ),
);

// So does HTTP/2's request.
createSecureServer(
  withRequestId((req: Http2ServerRequest, res: Http2ServerResponse) => res.end(req.url)),
);
createSecureServer(
  withRequestId((req: RequestWithId<Http2ServerRequest>, res: Http2ServerResponse) => {
    isExactly<string>()(req.id);
    isExactly<string>()(req.url);
    res.end();
  }, ofHttp2),
);
createSecureServer(
  withRequestId<Http2ServerRequest, Http2ServerResponse>((req, res) => res.end(req.id), ofAny),
);

// @ts-expect-error the options are for another type of request
createServer(withRequestId((_req: IncomingMessage, res: ServerResponse) => res.end(), ofHttp2));
