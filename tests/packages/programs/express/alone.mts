// What a user of the Express adapter writes, with no other package of this library installed.

import type { IncomingMessage } from 'node:http';
// @ts-expect-error: it is not to be found from here
import type * as core from '@request-context/core';
import {
  attach,
  type Context,
  type ContextValues,
  context,
  createContext,
  type ForkOptions,
  getRequestId,
  type Inherit,
  NoContextError,
  newRequestId,
  type OnError,
  onClientError,
  type RequestIdOptions,
  requestId,
  type ServerOptions,
  type Snapshot,
} from '@request-context/express';
import express, { type NextFunction, type Request, type Response, Router } from 'express';

declare module '@request-context/express' {
  interface ContextValues {
    tenantOfExpress: string;
  }
}

const app = express();
// Under exactOptionalPropertyTypes, what the environment does not set is undefined.
app.use(requestId({ trust: process.env.TRUST, header: process.env.HEADER, generate: undefined }));
app.use(requestId({ values: (req) => ({ tenantOfExpress: req.hostname, requestId: req.id }) }));
// @ts-expect-error: no such option
app.use(requestId({ trusted: true }));

app.get('/orders/:id', (req, res) => {
  const id: string = req.id;
  res.send(`${id} ${req.params.id} ${getRequestId()}`);
});
Router().get('/', (req: Request, res: Response) => res.send(req.id.toUpperCase()));
app.use((_error: Error, req: Request, res: Response, _next: NextFunction) => {
  res.send(req.id satisfies string);
});
// @ts-expect-error: nothing is declared on Node's own request
export type OfNode = IncomingMessage['id'];

context.set('tenantOfExpress', 'acme');
export const tenant: string | undefined = context.get('tenantOfExpress');
// @ts-expect-error: a tenant is a string
context.set('tenantOfExpress', 1);

const server = app.listen(0);
const onError: OnError = (error, { requestId, req }) => console.error(requestId, req.url, error);
const serverOptions: ServerOptions = { trust: 'loopback', onError };
attach(server, serverOptions);
attach(server, { onError: undefined });
server.on('clientError', onClientError);

// Declarations of what these inferred types are can be written without core's name.
export const options: RequestIdOptions = { trust: undefined };
export const inherit: Inherit = 'chain';
export const forkOptions: ForkOptions<ContextValues> = { inherit };
export const own: Context<{ step: string }> = createContext<{ step: string }>();
export const inside: Snapshot = context.snapshot();
export const inferred = {
  attach,
  context,
  inside: context.snapshot(),
  middleware: requestId(),
  newRequestId,
  onClientError,
  own: createContext<{ step: string }>(),
  requestId,
};
export const isNoContext = (error: unknown) => error instanceof NoContextError;
export type { core };
