import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { RequestIdOptions } from '@request-context/node-http';

/** What a failure means: a broken promise, a gap to be closed, or a limit that is known. */
export type Level = 'MUST' | 'SHOULD' | 'MAY';

/** One request while it is handled, the same in every framework. */
export interface Exchange {
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
}

/** One client of a server, with an id of its own. */
export interface Client {
  readonly url: string;
  readonly id: string;
  /** Sends a request with the id, and expects it back in the answer. */
  send(path: string, sending?: Sending): Promise<Answer>;
}

/** A place, or a family of places, where a request's id must be. Scenarios are data. */
export interface HttpScenario {
  /** Stable: lists of what is unsupported name it. */
  readonly id: string;
  readonly level: Level;
  readonly title: string;
  readonly routes: Routes;
  readonly setup?: Setup;
  /** What each of the clients, which are at it side by side, does. By default it sends `GET /`. */
  visit?(client: Client): Promise<void>;
  /** The labels that every request must have noted. */
  readonly probes: readonly string[];
  /** Called when all clients are done, for scenarios that ask more than what was noted. */
  after?(): void;
}
