import assert from 'node:assert/strict';
import { context, type RequestIdOptions } from '@request-context/core';
import type { Feature } from './contract.ts';
import type { Client, ClientResponse, HttpScenario, Sending, Teardown } from './http-scenario.ts';

type Headers = NonNullable<Sending['headers']>;

/** The request that every client sends, and the id that it must get. */
export interface PolicyCase {
  readonly id: string;
  readonly title: string;
  readonly options?: RequestIdOptions<unknown>;
  /** What a client sends; `myid` is an id that no other client sends. */
  readonly headers?: (myid: string) => Headers;
  /** The id that the request gets; left out, a fresh UUID that no other request gets. */
  readonly adopted?: (myid: string) => string;
  /** The context's `rejectedRequestId`; left out, there is none. */
  readonly rejected?: (myid: string) => string;
  /** The values of the context besides the ids. */
  readonly values?: Readonly<Record<string, unknown>>;
  /** The header that carries the id on the response; null for none. @default 'X-Request-ID' */
  readonly header?: string | null;
  readonly needs?: readonly Feature[];
  prepare?(): Teardown;
  after?(): void;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Returns the headers of a request that holds a valid id. */
export function sendsMyId(myid: string): Headers {
  return { 'X-Request-ID': myid };
}

/** Throws unless an id is fresh. */
export function assertFresh(id: unknown): void {
  assert.match(String(id), uuid, 'a fresh id is a UUID of version 4');
}

/** Returns the values of a header, one for each line of the response's head. */
function linesOf({ headers }: ClientResponse, name: string): readonly string[] {
  const value = headers[name.toLowerCase()];
  return value === undefined ? [] : [value].flat();
}

/** Returns a scenario whose route responds with all that the request shows of its id, for the client to compare. */
export function policyScenario(policyCase: PolicyCase): HttpScenario {
  const { options, headers = () => ({}), adopted, rejected, values, ...rest } = policyCase;
  const { header = 'X-Request-ID', ...scenario } = rest;

  /** Sends a request, and returns the id that it got. */
  async function visit(client: Client): Promise<string> {
    const response = await client.request('/', { headers: headers(client.id) });
    assert.equal(response.status, 200, response.body);
    const { seen, later, reqId } = JSON.parse(response.body);
    const { requestId, rejectedRequestId, ...others } = seen;
    if (adopted === undefined) assertFresh(requestId);
    else assert.equal(requestId, adopted(client.id), 'the id in the context');
    assert.equal(later, requestId, 'the id in the context after a wait');
    if (reqId !== undefined) assert.equal(reqId, requestId, 'req.id');
    assert.equal(rejectedRequestId, rejected?.(client.id), 'rejectedRequestId in the context');
    assert.deepEqual(others, values ?? {}, 'other values in the context');
    if (header !== null) assert.deepEqual(linesOf(response, header), [requestId], header);
    if (header !== 'X-Request-ID') assert.deepEqual(response.ids, [], 'X-Request-ID');
    return requestId;
  }

  return {
    ...scenario,
    ...(options === undefined ? {} : { setup: { options } }),
    clients: 8,
    probes: [],
    routes: {
      'GET /': async (x) => {
        const seen = context.toObject();
        await new Promise((resolve) => setTimeout(resolve, 1));
        // Without Node's request, there is no req.id.
        const reqId = x.req === undefined ? undefined : (x.req.id ?? null);
        x.send({ body: JSON.stringify({ seen, later: context.get('requestId'), reqId }) });
      },
    },
    async visitAll(clients) {
      const ids = await Promise.all(clients.map(visit));
      if (adopted === undefined) {
        assert.equal(new Set(ids).size, clients.length, 'each request gets its own fresh id');
      }
    },
  };
}
