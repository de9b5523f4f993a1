// What a user of the Fastify adapter writes, with no other package of this library installed.

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
} from '@request-context/fastify';
import { fastify } from 'fastify';

declare module '@request-context/fastify' {
  interface ContextValues {
    tenantOfFastify: string;
  }
}

const app = fastify({ clientErrorHandler: onClientError });
await app.register(requestId);
await app.register(requestId, { trust: process.env.TRUST });
app.get('/', async (request) => {
  const id: string = request.id;
  return [id, getRequestId()];
});

context.set('tenantOfFastify', 'acme');
// @ts-expect-error: a tenant is a string
context.set('tenantOfFastify', 1);

export const options: RequestIdOptions = {
  values: (raw) => ({ tenantOfFastify: String(raw.headers.host) }),
};
export const inferred = {
  attach,
  context,
  inside: context.snapshot(),
  newRequestId,
  onClientError,
  requestId,
};
export type { core };
