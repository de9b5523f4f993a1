import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { getRequestId } from '@request-context/core';
import { requestId } from '@request-context/express';
import express, { type RequestHandler } from 'express';
import { collectProbes, type Tally } from './probes.ts';
import type { ClientSuite, Exchange, Use } from './types.ts';

/** How many requests are at it side by side. */
const requests = 200;

/** When a client is made: its sockets, and so its callbacks, keep the context of that time. */
export const openings = ['before any request', 'by the first request'] as const;
export type Opening = (typeof openings)[number];

export interface RunOptions {
  /** What every request must come by before the outcome is judged. */
  readonly places: readonly string[];
  readonly opening: Opening;
  /** What gives requests their ids. @default requestId() */
  readonly middleware?: RequestHandler;
  /** How many milliseconds that may take after the last answer. @default 5000 */
  readonly patience?: number;
}

/** How the probes of a run came out. */
export interface Outcome {
  readonly tallies: ReadonlyMap<string, Tally>;
  /** Places that a request never came by. */
  readonly missing: readonly string[];
}

/**
 * Sends requests with ids of their own to an Express server on a real socket. All of them are there
 * before the first uses the client, so that they compete for its connections.
 *
 * @throws {AssertionError} when a request is not answered with what its own query gave
 */
export async function runCase<Client>(
  suite: Pick<ClientSuite<Client>, 'open' | 'close'>,
  use: Use<Client>,
  { places, opening, middleware = requestId(), patience = 5_000 }: RunOptions,
): Promise<Outcome> {
  const name = `rc_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const ids = Array.from({ length: requests }, (_, index) => `${name}.${index}`);
  const { note, complete, missing, tallies } = collectProbes(ids);
  const open = once(() => suite.open(name, note));
  const allAreThere = barrier(requests);

  async function answer(exchange: Exchange): Promise<string> {
    const client = await open();
    await allAreThere();
    return use(client, exchange);
  }

  if (opening === 'before any request') await open();
  const server = await listen(middleware, (id) =>
    answer({
      id,
      probe: (place) => note(id, place, getRequestId()),
      note: (place, actual) => note(id, place, actual),
    }),
  );
  try {
    const answers = await Promise.all(ids.map((id) => fetchAs(server.url, id)));
    assert.deepEqual(answers, ids, 'each request is answered with what its own query gave');
    await complete(places, patience);
    return { tallies: tallies(), missing: missing(places) };
  } finally {
    await server.close();
    await suite.close(await open());
  }
}

/** What is wrong with an outcome. */
export function problemsOf({ tallies, missing }: Outcome, wrong: readonly string[] = []): string[] {
  const problems = missing.map((place) => `${place}: not every request came by`);
  for (const [place, { lost, foreign }] of tallies) {
    const isRight = lost + foreign === 0;
    if (!isRight && !wrong.includes(place)) {
      problems.push(`${place}: lost ${lost}, foreign ${foreign}`);
    }
    if (isRight && wrong.includes(place)) {
      problems.push(`${place}: right by itself now, so no longer wrong, and needs no recipe`);
    }
  }
  return problems;
}

async function listen(
  middleware: RequestHandler,
  answer: (id: string) => Promise<string>,
): Promise<{ url: string; close(): Promise<unknown> }> {
  const app = express();
  app.use(middleware);
  app.get('/', async (req, res) => {
    // A failure is told in the answer, which is then not what it must be.
    res.send(await answer(String(req.headers['x-request-id'])).catch(String));
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

function fetchAs(url: string, id: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, headers: { 'X-Request-ID': id } });
    request.on('response', (response) => text(response).then(resolve, reject));
    request.on('error', reject);
  });
}

/** Lets nobody through before all are there. */
function barrier(count: number): () => Promise<void> {
  let waiting = 0;
  let letThrough = (): void => {};
  const isOpen = new Promise<void>((resolve) => {
    letThrough = resolve;
  });
  return () => {
    waiting += 1;
    if (waiting === count) letThrough();
    return isOpen;
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
