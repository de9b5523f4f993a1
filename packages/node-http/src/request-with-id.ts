import type { IncomingMessage } from 'node:http';

/**
 * A request that has its id. Node's `IncomingMessage` itself stays as it is: a declaration on it would clash
 * with those of pino-http, restify and applications.
 */
export type RequestWithId<Req = IncomingMessage> = Req & {
  /** The request's id. */
  id: string;
};
