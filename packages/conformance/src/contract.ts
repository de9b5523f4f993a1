import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { RequestIdOptions } from '@request-context/core';

/**
 * What a server may be unable to do:
 *
 * - `node`: hand Node's `IncomingMessage` and `ServerResponse` to its routes;
 * - `before`: run `setup.before` ahead of the adapter;
 * - `server`: let the suite make the server (`setup.createServer`) and see it (`setup.onServer`);
 * - `http2`: serve HTTP/2 on a server that `setup.createServer` made;
 * - `bypass`: leave alone the requests that `setup.createServer`'s listener keeps from it. An adapter that
 *   works at the server itself sees those too.
 */
export type Feature = 'node' | 'before' | 'server' | 'http2' | 'bypass';

/** A framework with the adapter mounted as its users mount it. */
export interface Adapter {
  /** Names the adapter in reports, such as `express-5`. */
  readonly name: string;
  /**
   * Starts a server on a free port of 127.0.0.1, over plain HTTP unless `setup.createServer` makes another
   * kind. Besides the routes, the server:
   *
   * - mounts the adapter with `setup.options`, ahead of everything below, so that it covers every request;
   * - parses the body of requests to `/json` as JSON with the framework's own parser, and responds with 400
   *   to malformed JSON and with 413 to more than 100 bytes, in both cases without calling the route;
   * - leaves all other bodies for the route to read;
   * - serves the files below `publicFolder`: `GET /public/file.txt` returns 200;
   * - responds with 404 or 405 to what no route handles, with 400 or 404 to the malformed URL `/%zz`, and with
   *   500 to a route that throws or whose promise is rejected. It does all that in the framework's own way;
   * - keeps connections alive, and sets no headers ahead of a route: turn off those such as `X-Powered-By`. Node
   *   rejects some header lists that scenarios pass to `writeHead()` once a header is set.
   *
   * Throws, or returns a rejected promise, for options that the adapter rejects at set-up.
   */
  start(routes: Routes, setup: Setup): Promise<Running>;
  /** What the server cannot do, with the reason. Scenarios that need it do not apply. */
  readonly lacks?: Readonly<Partial<Record<Feature, string>>>;
  /**
   * Scenarios that fail through the framework's fault, by id, with the reason. They still run, and must fail:
   * one that passes fails the run until it comes off the list.
   */
  readonly unsupported?: Readonly<Record<string, string>>;
}

/** A server that listens. */
export interface Running {
  /** Its address without a path: `http://127.0.0.1:12345`. */
  readonly url: string;
  /** Stops listening and ends all connections, busy ones too. */
  close(): Promise<void>;
}

/**
 * Routes by method and path, such as `POST /users`. Paths are literal, and a query is no part of them. A `GET`
 * route handles `HEAD` as well. No route is given for `OPTIONS`.
 */
export type Routes = Readonly<Record<string, Route>>;

/**
 * Handles a request. The server calls it as the framework calls a handler, once, in the scope of the request. What
 * it throws and what its promise is rejected with goes to the framework's error handling. The server ignores what
 * it returns: the route responds by the exchange, at once or later.
 */
export type Route = (exchange: Exchange) => unknown;

/** One request and its response, as a framework hands them to a handler. Each call of a route gets its own. */
export interface Exchange {
  /** The request's headers, with names in lower case; Node's `req.headers` does. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Node's request. Left out by a server that lacks `node`. */
  readonly req?: IncomingMessage;
  /** Node's response. Left out by a server that lacks `node`. */
  readonly res?: ServerResponse;
  /** What the framework's parser made of the body, for `/json`; undefined for other paths. */
  readonly body: unknown;
  /** Responds in the framework's own way: by default with 200, no body, and no headers but the framework's. */
  send(response?: {
    readonly status?: number;
    readonly body?: string;
    readonly headers?: Readonly<Record<string, string>>;
  }): void;
  /** Responds with 302 and `Location: path`, in the framework's own way. */
  redirect(path: string): void;
  /** Responds with 200 and the stream as the body, in the framework's own way. */
  stream(body: Readable): void;
  /**
   * Takes the response away from the framework and returns it, with the status 200 and nothing sent: from here on
   * the route responds by Node's methods. Left out by a server that lacks `node`.
   */
  takeOver?(): ServerResponse;
}

/** How to set up a server besides its routes. */
export interface Setup {
  /** The adapter's options. */
  readonly options?: RequestIdOptions<unknown>;
  /** Call it for every request ahead of the adapter, such as in a middleware mounted first. Needs `before`. */
  readonly before?: (req: IncomingMessage, res: ServerResponse) => void;
  /**
   * Call it with the framework's request listener instead of `http.createServer`, and listen on the server that
   * it returns. Needs `server`.
   */
  readonly createServer?: (listener: RequestListener) => Server;
  /** Call it with the server before that listens. Needs `server`. */
  readonly onServer?: (server: Server) => void;
}
