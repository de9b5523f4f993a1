import assert from 'node:assert/strict';
import {
  type HttpScenario,
  inHandler,
  type ProbedExchange,
} from '@request-context/conformance/engine';
import { context, getRequestId } from '@request-context/core';
import {
  type InstrumentOutboundOptions,
  instrumentOutbound,
} from '@request-context/propagation/http';
import { type OutboundServers, openOutboundServers, type Received } from './outbound-servers.ts';

declare module '@request-context/core' {
  interface ContextValues {
    /** Named in `keys` by the scenarios of outbound calls. */
    tenant: unknown;
  }
}

/** What the requests of a scenario of outbound calls share. */
export interface Carrying extends OutboundServers {
  /** To whom the id is sent, and how: for clients that have an interceptor. */
  readonly outbound: InstrumentOutboundOptions;
}

/** Work of a handler that calls other servers. */
export interface CarryingCase {
  readonly id: string;
  readonly title: string;
  /** Further options. */
  readonly options?: Partial<InstrumentOutboundOptions>;
  /** Whether `instrumentOutbound` is turned on. @default true */
  readonly isInstrumented?: boolean;
  work(x: ProbedExchange, servers: Carrying): unknown;
}

/** Returns a scenario whose requests call other servers with `instrumentOutbound` turned on. */
export function carrying(carryingCase: CarryingCase): HttpScenario {
  const { options, isInstrumented = true, work, ...rest } = carryingCase;
  return inHandler<Carrying & { undo: () => void }>({
    ...rest,
    probes: ['after'],
    async open() {
      const servers = await openOutboundServers();
      const { upstream, secure } = servers;
      const to = [upstream, secure, localhost(upstream), localhost(secure)];
      const outbound: InstrumentOutboundOptions = { to, keys: ['tenant'], ...options };
      const undo = isInstrumented ? instrumentOutbound(outbound) : () => {};
      return { ...servers, outbound, undo };
    },
    async close({ undo, close }) {
      undo();
      await close();
    },
    async work(x, servers) {
      context.set('tenant', tenantOf(x.id));
      await work(x, servers);
      x.probe('after');
    },
  });
}

/** Returns the URL with a name for its address. */
export function localhost(url: string): string {
  return url.replace('127.0.0.1', 'localhost');
}

/** Returns the named value of a request. A space does not fit into `baggage` as it is. */
export function tenantOf(id: string): string {
  return `tenant of ${id}`;
}

/** Calls of one request. With the suite's 24 clients, more than 300 wait for two connections. */
const calls = 13;

/** Makes calls of one request side by side, each in a scope with a separate id. */
export async function inManyScopes(x: ProbedExchange, ask: () => Promise<Received>): Promise<void> {
  const asked = Array.from({ length: calls }, (_, n) => {
    const id = `${x.id}.${n}`;
    return context.run({ requestId: id, tenant: tenantOf(id) }, async () => {
      assertCarried({ id }, await ask());
      assert.equal(getRequestId(), id);
    });
  });
  await Promise.all(asked);
}

/** Asserts that a server received the id and the named value of the request that called it, each once. */
export function assertCarried({ id }: { readonly id: string }, { ids, baggage }: Received): void {
  assert.deepEqual(ids, [id]);
  assert.deepEqual(baggage, [`tenant=${encodeURIComponent(tenantOf(id))}`]);
}

/** Asserts that a server received nothing. */
export function assertNothing({ ids, baggage }: Received): void {
  assert.deepEqual({ ids, baggage }, { ids: [], baggage: [] });
}
