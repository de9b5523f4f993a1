// What a user of the Koa adapter writes, with no other package of this library installed.

import type { IncomingMessage } from 'node:http';
// @ts-expect-error: it is not to be found from here
import type * as core from '@request-context/core';
import {
  attach,
  context,
  getRequestId,
  newRequestId,
  onClientError,
  type RequestIdOptions,
  requestId,
} from '@request-context/koa';
import Koa from 'koa';

declare module '@request-context/koa' {
  interface ContextValues {
    tenantOfKoa: string;
  }
}

const app = new Koa();
app.use(requestId({ trust: process.env.TRUST }));
app.use((ctx, next) => {
  const id: string = ctx.state.requestId;
  const same: string = ctx.req.id;
  ctx.body = [id, same, getRequestId(), ctx.req.url, ctx.custom];
  return next();
});
attach(app.listen(0), { onError: (error, { requestId }) => console.error(requestId, error) });
app.on('error', (_error: Error, ctx: Koa.Context) => ctx.req.id.toUpperCase());
export const typed = new Koa<{ user: string }, { greet(): string }>();
typed.use(requestId());
typed.use((ctx) => {
  ctx.body = ctx.greet() + ctx.state.user + ctx.req.url;
});
// @ts-expect-error: nothing is declared on Node's own request
export type OfNode = IncomingMessage['id'];

context.set('tenantOfKoa', 'acme');
// @ts-expect-error: a tenant is a string
context.set('tenantOfKoa', 1);

export const options: RequestIdOptions = { values: (ctx) => ({ tenantOfKoa: ctx.hostname }) };
export const inferred = {
  attach,
  context,
  inside: context.snapshot(),
  middleware: requestId(),
  newRequestId,
  onClientError,
  reqOf: (ctx: Koa.Context) => ctx.req,
  requestId,
};
export type { core };
