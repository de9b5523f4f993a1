import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Exchange, Feature, Setup } from './contract.ts';

/** The exchange that a scenario's route receives. Scenarios that use `req`, `res` or `takeOver` need `node`. */
export interface ProbedExchange extends Exchange {
  /** The id that the client sent. */
  readonly id: string;
  readonly req: IncomingMessage & { id?: unknown };
  readonly res: ServerResponse;
  takeOver(): ServerResponse;
  /** Records which id is current here. A label may be recorded several times for a request. */
  probe(label: string): void;
}

/** Handles a request of a scenario. */
export type ProbedRoute = (exchange: ProbedExchange) => unknown;

/** The response, as a client received it. */
export interface ClientResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The values of X-Request-ID, one for each line of the head that has it. */
  readonly ids: readonly string[];
  readonly body: string;
}

/** A request for a client to send. */
export interface Sending {
  readonly method?: string;
  /** A list is sent as several lines. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Readable;
  /** False for a path that no adapter covers: then the response must not carry an id. @default true */
  readonly isCovered?: boolean;
}

/** One client of a server, with an id that no other client has. */
export interface Client {
  readonly url: string;
  readonly id: string;
  /** Sends a request with the client's id; the response must carry that id. */
  send(path: string, sending?: Sending): Promise<ClientResponse>;
  /** Sends a request with the given headers only, and accepts any response. */
  request(path: string, sending?: Sending): Promise<ClientResponse>;
}

/** Undoes what a scenario prepared. */
export type Teardown = () => unknown;

/** One rule that an adapter must keep. Scenarios are data. */
export interface HttpScenario {
  /** Begins with the scenario's family. Stable: lists of what is unsupported name it. */
  readonly id: string;
  /** Completes the sentence "The adapter must ...". */
  readonly title: string;
  /** The scenario shows a limit: it must fail, for this reason, and another scenario shows the way around it. */
  readonly fails?: string;
  /** Without these it does not apply. */
  readonly needs?: readonly Feature[];
  readonly routes: Readonly<Record<string, ProbedRoute>>;
  readonly setup?: Setup;
  /** Called before the server starts; its result is called at the end, passed or failed. */
  prepare?(): Teardown | Promise<Teardown>;
  /** Calls `start`, which starts the server, in a context that the scenario chooses. By default in none. */
  startIn?<T>(start: () => T): T;
  /** The server must not start: the error has these properties. */
  readonly rejects?: Readonly<Record<string, unknown>>;
  /** Sends the requests of one client, side by side with the others. By default it sends `GET /`. */
  visit?(client: Client): Promise<unknown>;
  /** Sends the requests of all clients; replaces `visit`. */
  visitAll?(clients: readonly Client[]): Promise<void>;
  /** How many clients there are: a multiple of 8. @default 24 */
  readonly clients?: number;
  /** The labels that every request must record. */
  readonly probes: readonly string[];
  /** Called when all clients are done, for scenarios that check more than what was recorded. */
  after?(): unknown;
}
