import { setTimeout as delay } from 'node:timers/promises';
import { context } from '@request-context/core';
import { requestId } from '@request-context/express';
import type { RequestHandler } from 'express';
import { describe, expect, it } from 'vitest';
import { problemsOf, runCase } from '../src/run-case.ts';
import type { Exchange } from '../src/types.ts';

const options = { places: ['then'], opening: 'before any request' } as const;
const none = { open: async () => {}, close: async () => {} };

/** As a client with promises does. */
async function wait(_: unknown, { id, probe }: Exchange): Promise<string> {
  await delay(1);
  probe('then');
  return id;
}

/** One set of values for all requests, as a variable of the module is. */
function sharedStore(): RequestHandler {
  const inSharedScope = context.run({}, () => context.snapshot());
  return (req, _, next) => {
    inSharedScope(() => {
      context.set('requestId', String(req.headers['x-request-id']));
      next();
    });
  };
}

describe('what the tests of the clients see', () => {
  const stores: [title: string, middleware: RequestHandler, tally: object][] = [
    ['requestId()', requestId(), { right: 200, lost: 0, foreign: 0 }],
    ['no middleware', (_req, _res, next) => next(), { right: 0, lost: 200, foreign: 0 }],
    ['a store that requests share', sharedStore(), { right: 1, lost: 0, foreign: 199 }],
  ];

  it.each(stores)('%s', async (_, middleware, tally) => {
    const { tallies } = await runCase(none, wait, { ...options, middleware });
    expect(tallies.get('then')).toEqual(tally);
  });

  it('a callback that is never called', async () => {
    const places = ['then', 'never'];
    const outcome = await runCase(none, wait, { ...options, places, patience: 0 });
    expect(problemsOf(outcome)).toEqual(['never: not every request came by']);
  });

  it('a known gap that is none any more', async () => {
    const outcome = await runCase(none, wait, options);
    expect(problemsOf(outcome, ['then'])).toEqual([
      'then: right by itself now, so no longer wrong, and needs no recipe',
    ]);
  });

  it("an answer that is not the request's own", async () => {
    const swap = async () => 'another';
    const run = runCase(none, swap, { ...options, places: [] });
    await expect(run).rejects.toThrow('answered with what its own query gave');
  });
});
