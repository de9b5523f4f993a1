import type { IncomingMessage } from 'node:http';

/**
 * A request that has its id. Nothing is declared on Node's `IncomingMessage` itself: there it would
 * clash with what pino-http, restify and applications declare.
 */
export type RequestWithId<Req = IncomingMessage> = Req & {
  /** The request's id. */
  id: string;
};
