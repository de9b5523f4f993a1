import assert, { AssertionError } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  createBarrier,
  type HttpScenario,
  runScenario,
  type Tally,
} from '@request-context/conformance/engine';
import { context } from '@request-context/core';
import { expressAdapters } from '../../runtimes/src/adapters/express-adapters.ts';

/** How many requests a case has. Half of them run side by side. */
const clients = 200;

const adapter = expressAdapters.find(({ name }) => name === 'express-5');

/** One request that uses a client. */
export interface Visit {
  /** The id that was sent with the request. */
  readonly id: string;
  /** Records which id is current here. */
  probe(place: string): void;
  readonly withRecipe: boolean;
  /** `context.bind` with the recipe. Without it, returns the function as it is. */
  bind<Args extends unknown[], Result>(task: (...args: Args) => Result): (...args: Args) => Result;
}

/** One way to use a client. Cases are data. */
export interface ClientCase<Client> {
  /** The call, as users write it. docs/clients.md lists it. */
  readonly title: string;
  /** The places that every request must reach: a callback, an event, the code after an `await`. */
  readonly places: readonly string[];
  /**
   * Uses the client for one request. Returns the request's id as the service returned it. Without the recipe, it follows
   * the client library's documentation.
   */
  use(client: Client, visit: Visit): Promise<string>;
  /** How to fix the wrong places, in a few words for docs/clients.md. */
  readonly recipe?: string;
  /** The places that do not see the request's id without the recipe. @default all places */
  readonly wrong?: readonly string[];
}

/** A client library, and the ways to use it. */
export interface ClientSuite<Client> {
  /**
   * Creates the client, and what a case needs on the service.
   *
   * @param name - A unique name for tables, queues and keys.
   */
  open(name: string, withRecipe: boolean): Promise<Client>;
  /** Removes what `open` and the case created, and disconnects. */
  close(client: Client): Promise<unknown>;
}

/** When a client is created. Its sockets, and so its callbacks, keep the context of that moment. */
export const openings = ['before any request', 'by the first request'] as const;

export interface RunOptions {
  readonly opening: (typeof openings)[number];
  readonly withRecipe?: boolean;
  /** Counts the probes. */
  readonly tally?: Tally;
}

/**
 * Runs a case as a scenario of the conformance suite. Half of the requests arrive before the first one uses the client,
 * so that they compete for its connections. Returns the places that saw no id or another request's id, and any other
 * problem.
 *
 * @throws {AssertionError} when a response does not hold what the request's own query returned
 */
export async function runCase<Client>(
  suite: ClientSuite<Client>,
  { title, places, use }: Pick<ClientCase<Client>, 'title' | 'places' | 'use'>,
  { opening, withRecipe = false, ...options }: RunOptions,
): Promise<Set<string>> {
  assert(adapter, 'there is an adapter for Express 5');
  const name = `rc_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const meet = createBarrier(clients / 2);
  let opened: Promise<Client> | undefined;
  const open = () => {
    opened ??= suite.open(name, withRecipe);
    return opened;
  };
  const scenario: HttpScenario = {
    id: name,
    title,
    clients,
    probes: places,
    async prepare() {
      if (opening === 'before any request') await open();
      return async () => suite.close(await open());
    },
    routes: {
      async 'GET /'({ id, probe, send }) {
        const client = await open();
        await meet();
        const bind: Visit['bind'] = (task) => (withRecipe ? context.bind(task) : task);
        // After a failure, the body holds the error, and visit() rejects it.
        send({ body: await use(client, { id, probe, withRecipe, bind }).catch(String) });
      },
    },
    async visit(client) {
      const { body } = await client.send('/');
      assert.equal(body, client.id, "each response holds what the request's own query returned");
    },
  };
  try {
    await runScenario(scenario, adapter, { clients, ...options });
    return new Set();
  } catch (error) {
    const problems = error instanceof AssertionError && error.actual;
    if (!Array.isArray(problems)) throw error;
    return new Set(problems.map((problem) => problem.replace(/: (?:lost|foreign)$/, '')));
  }
}
