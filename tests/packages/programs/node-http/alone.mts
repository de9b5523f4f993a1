// What a user of node:http writes, with no other package of this library installed.
import { createServer, type IncomingMessage } from 'node:http';
// @ts-expect-error: it is not to be found from here
import type * as core from '@request-context/core';
import {
  attach,
  context,
  getRequestId,
  newRequestId,
  onClientError,
  type RequestWithId,
  requestId,
  withRequestId,
} from '@request-context/node-http';

declare module '@request-context/node-http' {
  interface ContextValues {
    tenantOfNodeHttp: string;
  }
}

createServer(
  withRequestId(
    (req, res) => {
      const id: string = req.id;
      res.end(id + req.url + getRequestId());
    },
    { trust: process.env.TRUST },
  ),
);
const server = createServer((req, res) => {
  // @ts-expect-error: nothing is declared on Node's own request
  res.end(req.id);
  res.end((req as RequestWithId).id satisfies string);
});
attach(server, { trust: (req: IncomingMessage) => req.socket.remoteAddress === '127.0.0.1' });
server.on('clientError', onClientError);

context.set('tenantOfNodeHttp', 'acme');
// @ts-expect-error: a tenant is a string
context.set('tenantOfNodeHttp', 1);

export const inferred = {
  attach,
  context,
  inside: context.snapshot(),
  listener: withRequestId((req, res) => res.end(req.id)),
  middleware: requestId(),
  newRequestId,
  onClientError,
  requestId,
  withRequestId,
};
export type { core };
