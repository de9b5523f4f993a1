import type {
  IncomingHttpHeaders,
  IncomingMessage,
  RequestListener,
  Server,
  ServerResponse,
} from 'node:http';
import type { Readable } from 'node:stream';
import type { RequestIdOptions } from '@request-context/node-http';
import type express from 'express';
import type { FastifyInstance, fastify } from 'fastify';
import type Koa from 'koa';

/** What a failure means: a broken promise, a gap to be closed, or a limit that is known. */
export type Level = 'MUST' | 'SHOULD' | 'MAY';

/** One request while it is handled, the same in every framework. */
export interface Exchange {
  /** The id that the client sent. */
  readonly id: string;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** The body, by the framework's own parser; undefined outside of `/json`. */
  readonly body: unknown;
  /** Notes which id is current here. Each label counts once a request, or as often as it is noted. */
  probe(label: string): void;
  /** Answers in the framework's own way. */
  send(answer?: { status?: number; body?: string; headers?: Record<string, string> }): void;
  /** Redirects in the framework's own way. */
  redirect(path: string): void;
  /** Answers with a stream in the framework's own way. */
  stream(body: Readable): void;
  /** Takes the response out of the framework's hands: the route answers by `res` itself. */
  takeOver(): ServerResponse;
}

/** Handles a request. What it throws, and a promise that it rejects, is the framework's to handle. */
export type Route = (exchange: Exchange) => unknown;

/** Routes by method and path: `GET /users`. */
export type Routes = Readonly<Record<string, Route>>;

/** How an adapter's server is to be set up, beside its routes. */
export interface Setup {
  /** Options of the adapter. */
  readonly options?: RequestIdOptions<unknown>;
  /** Called for every request before the adapter sees it, where the framework allows for that. */
  readonly before?: (req: IncomingMessage, res: ServerResponse) => void;
  /** Makes the server, where it is not to be one of node:http. */
  readonly createServer?: (listener: RequestListener) => Server;
  /** Called with the server before it listens. */
  readonly onServer?: (server: Server) => void;
  /** The application itself, in place of routes and options, by the adapter's framework. */
  readonly native?: NativeApps;
}

/** Applications written for one framework; each is given the framework in the adapter's version. */
export interface NativeApps {
  express?(framework: typeof express): RequestListener;
  koa?(framework: typeof Koa): Koa;
  fastify?(framework: typeof fastify): FastifyInstance;
}

/** A server that listens on the loopback. */
export interface Running {
  readonly url: string;
  close(): Promise<void>;
}

/** A framework with its adapter mounted as its users mount it. */
export interface Adapter {
  readonly name: string;
  start(routes: Routes, setup?: Setup): Promise<Running>;
  /** Scenarios that the framework cannot pass, with the reason. They still run, and must fail. */
  readonly unsupported?: Readonly<Record<string, string>>;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The values of X-Request-ID, one for each line of the head that has it. */
  readonly ids: readonly string[];
  readonly body: string;
}

/** What to send, beside the id. */
export interface Sending {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
  /** False for a path that no adapter covers: then the answer must not carry an id. @default true */
  readonly isCovered?: boolean;
}

/** One client of a server, with an id of its own. */
export interface Client {
  readonly url: string;
  readonly id: string;
  /** Sends a request with the id, and expects it back in the answer. */
  send(path: string, sending?: Sending): Promise<Answer>;
}

/** Undoes what a scenario prepared. */
export type Teardown = () => unknown;

/** A place, or a family of places, where a request's id must be. Scenarios are data. */
export interface HttpScenario {
  /** Stable: lists of what is unsupported name it. */
  readonly id: string;
  readonly level: Level;
  readonly title: string;
  readonly routes: Routes;
  readonly setup?: Setup;
  /** How the names of the adapters begin that it is for; without it, it is for all. */
  readonly frameworks?: readonly string[];
  /** Called before the server starts; what it gives is called at the end, whatever came of it. */
  prepare?(): Teardown | Promise<Teardown>;
  /** What each of the clients, which are at it side by side, does. By default it sends `GET /`. */
  visit?(client: Client): Promise<void>;
  /** What the clients do together, in place of what each does. */
  visitAll?(clients: readonly Client[]): Promise<void>;
  /** The labels that every request must have noted. */
  readonly probes: readonly string[];
  /** Called when all clients are done, for scenarios that ask more than what was noted. */
  after?(): void;
}
