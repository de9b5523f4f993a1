import type { ServiceName } from './services.ts';

/** Notes which id was current at a place in the work that is done for the request that sent `id`. */
export type Note = (id: string, place: string, actual: string | undefined) => void;

/** One request, while a client works for it. */
export interface Exchange {
  /** The id that the request was sent with. */
  readonly id: string;
  /** Notes which id is current here. */
  probe(place: string): void;
  /** Notes which id was current elsewhere in the request's work. */
  note(place: string, actual: string | undefined): void;
}

/** Uses a client for one request; gives the request's id, as the service gave it back. */
export type Use<Client> = (client: Client, exchange: Exchange) => Promise<string>;

/** One way to use a client. Cases are data. */
export interface ClientCase<Client> {
  /** The call, as its users write it. Stable: docs/clients.md lists it. */
  readonly title: string;
  /** What every request must come by: a callback, an event, what follows an `await`. */
  readonly places: readonly string[];
  /** Plain use, as the library's own documentation has it. */
  readonly use: Use<Client>;
  /** What plain use gets wrong today. When it gets it right one day, the test says so. */
  readonly wrong?: Wrong<Client>;
}

/** What plain use of a library gets wrong, and what to do. */
interface Wrong<Client> {
  /** The places that do not see the request's id. */
  readonly places: readonly string[];
  /** What to do, in a few words for docs/clients.md. */
  readonly recipe: string;
  /** The same by the recipe: every place sees the request's id. */
  readonly use: Use<Client>;
}

/** A client library, and the ways to use it. */
export interface ClientSuite<Client> {
  readonly name: string;
  readonly service: ServiceName;
  /**
   * Makes what the cases need. Each case has clients of its own.
   *
   * @param name - For tables, queues and keys; no two are alike.
   * @param note - For listeners that all requests share.
   */
  open(name: string, note: Note): Promise<Client>;
  /** Removes what `open` and the cases made, and disconnects. */
  close(client: Client): Promise<unknown>;
  readonly cases: readonly ClientCase<Client>[];
}
