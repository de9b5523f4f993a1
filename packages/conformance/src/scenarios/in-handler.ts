import assert from 'node:assert/strict';
import type { Exchange, HttpScenario, Level } from '../types.ts';

/** Work of a handler, for tables of places that need no more than a handler. */
export interface HandlerCase<Shared> {
  readonly id: string;
  /** 'MUST' when left out. */
  readonly level?: Level;
  readonly title: string;
  readonly probes: readonly string[];
  /** Makes what all requests of the scenario share, before the server starts. */
  open?(): Shared | Promise<Shared>;
  /** Ends what `open` made. */
  close?(shared: Shared): unknown;
  /** The work of one request. The answer is sent when it is done. */
  work(exchange: Exchange, shared: Shared): unknown;
}

/** A scenario with one route, which does the case's work and then answers. */
export function inHandler<Shared = undefined>(handlerCase: HandlerCase<Shared>): HttpScenario {
  const { id, level = 'MUST', title, probes, open, close, work } = handlerCase;
  let shared = undefined as Shared;
  return {
    id,
    level,
    title,
    probes,
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

/**
 * Holds back whoever arrives until there are `size` of them, then lets all go on in one go: so that
 * work of several requests meets, whatever the machine's speed. It ends when the number of clients
 * is a multiple of `size`, and as many can be at it side by side.
 */
export function createMeeting(size = 4): () => Promise<void> {
  let here: (() => void)[] = [];
  return () =>
    new Promise((resolve) => {
      here.push(resolve);
      if (here.length < size) return;
      const all = here;
      here = [];
      for (const goOn of all) goOn();
    });
}
