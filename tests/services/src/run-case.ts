import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { context, getRequestId } from '@request-context/core';
import { requestId } from '@request-context/express';
import express, { type RequestHandler } from 'express';
import { send } from '../../kit/send.js';
import { serve } from '../../kit/serve.js';

/** How many requests run side by side. */
const requests = 200;

/** Notes which id was current at a place in the work for the request that sent `id`. */
export type Note = (id: string, place: string, actual: string | undefined) => void;

/** One request, while a client works for it. */
export interface Visit {
  /** The id that the request was sent with. */
  readonly id: string;
  /** Notes which id is current here. */
  probe(place: string): void;
  /** Notes which id was current elsewhere in the request's work. */
  note(place: string, actual: string | undefined): void;
  readonly withRecipe: boolean;
  /** `context.bind` with the recipe. Without it, returns the function as it is. */
  bind<Args extends unknown[], Result>(task: (...args: Args) => Result): (...args: Args) => Result;
}

/** One way to use a client. Cases are data. */
export interface ClientCase<Client> {
  /** The call, as its users write it. Stable: docs/clients.md lists it. */
  readonly title: string;
  /** What every request must come by: a callback, an event, what follows an `await`. */
  readonly places: readonly string[];
  /**
   * Uses the client for one request. Returns the request's id, as the service returned it. Without the
   * recipe, it does as the library's own documentation has it.
   */
  use(client: Client, visit: Visit): Promise<string>;
  /** What to do for the places that are wrong otherwise, in a few words for docs/clients.md. */
  readonly recipe?: string;
  /** The places that do not see the request's id without the recipe. @default all */
  readonly wrong?: readonly string[];
}

/** A client library, and the ways to use it. */
export interface ClientSuite<Client> {
  /**
   * Makes what a case needs.
   *
   * @param name - For tables, queues and keys; no two are alike.
   * @param note - For listeners that all requests share.
   */
  open(name: string, note: Note, withRecipe: boolean): Promise<Client>;
  /** Removes what `open` and the case made, and disconnects. */
  close(client: Client): Promise<unknown>;
}

/** When a client is made: its sockets, and so its callbacks, keep the context of that time. */
export const openings = ['before any request', 'by the first request'] as const;

export interface RunOptions {
  readonly opening: (typeof openings)[number];
  readonly withRecipe?: boolean;
  /** The middleware that sets ids. @default requestId() */
  readonly middleware?: RequestHandler;
  /** Milliseconds that probes may take after the last response. @default 5000 */
  readonly patience?: number;
}

/** How the probes of a place came out. */
interface Tally {
  right: number;
  /** Nothing where the request's own id should have been. */
  lost: number;
  /** The id of another request. */
  foreign: number;
}

export interface Outcome {
  readonly tallies: ReadonlyMap<string, Tally>;
  /** Places that a request never came by. */
  readonly missing: readonly string[];
}

/**
 * Sends requests with different ids to an Express server on a real socket. All of them have arrived before the
 * first uses the client, so that they compete for its connections.
 *
 * @throws {AssertionError} when a response does not hold what the request's own query returned
 */
export async function runCase<Client>(
  suite: ClientSuite<Client>,
  { places, use }: Pick<ClientCase<Client>, 'places' | 'use'>,
  { opening, withRecipe = false, middleware = requestId(), patience = 5_000 }: RunOptions,
): Promise<Outcome> {
  const name = `rc_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const ids = Array.from({ length: requests }, (_, index) => `${name}.${index}`);
  const tallies = new Map<string, Tally>();
  const passed = new Map<string, Set<string>>(places.map((place) => [place, new Set()]));

  function note(id: string, place: string, actual: string | undefined): void {
    assert(ids.includes(id), `${place}: no request sent ${id}`);
    const tally = tallies.get(place) ?? { right: 0, lost: 0, foreign: 0 };
    tallies.set(place, tally);
    tally[actual === id ? 'right' : actual === undefined ? 'lost' : 'foreign'] += 1;
    passed.get(place)?.add(id);
  }

  let opened: Promise<Client> | undefined;
  const open = () => {
    opened ??= suite.open(name, note, withRecipe);
    return opened;
  };
  if (opening === 'before any request') await open();

  const arrived: (() => void)[] = [];
  const allHaveArrived = () =>
    new Promise<void>((resolve) => {
      arrived.push(resolve);
      if (arrived.length === requests) for (const goOn of arrived) goOn();
    });
  const app = express();
  app.use(middleware);
  app.get('/', async (req, res) => {
    const id = String(req.headers['x-request-id']);
    const client = await open();
    await allHaveArrived();
    const visit: Visit = {
      id,
      probe: (place) => note(id, place, getRequestId()),
      note: (place, actual) => note(id, place, actual),
      withRecipe,
      bind: (task) => (withRecipe ? context.bind(task) : task),
    };
    // A failure is the body then, which is not what it must be.
    res.send(await use(client, visit).catch(String));
  });
  const server = await serve(createServer(app));
  const missing = () => places.filter((place) => passed.get(place)?.size !== requests);
  try {
    const responses = await Promise.all(ids.map((id) => send(server.url, { id })));
    const bodies = responses.map(({ body }) => body);
    assert.deepEqual(bodies, ids, "each response holds what the request's own query returned");
    const deadline = Date.now() + patience;
    while (missing().length > 0 && Date.now() < deadline) await delay(5);
    return { tallies, missing: missing() };
  } finally {
    await server.close();
    await suite.close(await open());
  }
}

/** Returns what is wrong with an outcome. */
export function problemsOf({ tallies, missing }: Outcome, wrong: readonly string[] = []): string[] {
  const problems = missing.map((place) => `${place}: not every request came by`);
  for (const [place, { lost, foreign }] of tallies) {
    const isRight = lost + foreign === 0;
    if (!isRight && !wrong.includes(place)) {
      problems.push(`${place}: lost ${lost}, foreign ${foreign}`);
    }
    if (isRight && wrong.includes(place)) problems.push(`${place}: right without a recipe now`);
  }
  return problems;
}
