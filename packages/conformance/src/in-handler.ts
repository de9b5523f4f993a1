import assert from 'node:assert/strict';
import type { Feature } from './contract.ts';
import type { HttpScenario, ProbedExchange } from './http-scenario.ts';

/** A case for tables of work that needs no more than a handler. */
export interface HandlerCase<Shared> {
  readonly id: string;
  readonly title: string;
  readonly fails?: string;
  readonly needs?: readonly Feature[];
  readonly probes: readonly string[];
  /** Makes what all requests of the scenario share, before the server starts. */
  open?(): Shared | Promise<Shared>;
  /** Ends what `open` made. */
  close?(shared: Shared): unknown;
  /** Does the work of one request. The response is sent when it is done. */
  work(exchange: ProbedExchange, shared: Shared): unknown;
}

/** Returns a scenario with one route, which does the case's work and then responds. */
export function inHandler<Shared = undefined>(handlerCase: HandlerCase<Shared>): HttpScenario {
  const { open, close, work, ...rest } = handlerCase;
  let shared = undefined as Shared;
  return {
    ...rest,
    routes: {
      'GET /': async (x) => {
        await work(x, shared);
        x.send({ body: 'done' });
      },
    },
    async visit(client) {
      const { status } = await client.send('/');
      assert.equal(status, 200, 'the work is done without an error');
    },
    async prepare() {
      if (open !== undefined) shared = await open();
      return () => close?.(shared);
    },
  };
}
