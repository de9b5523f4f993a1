import { setTimeout as delay } from 'node:timers/promises';
import { context } from '@request-context/core';
import { requestId } from '@request-context/express';
import type { RequestHandler } from 'express';
import { describe, expect, it } from 'vitest';
import { problemsOf, runCase, type Visit } from '../src/run-case.ts';

const options = { opening: 'before any request' } as const;
const none = { open: async () => {}, close: async () => {} };

/** As a client with promises does. */
async function use(_: unknown, { id, probe }: Visit): Promise<string> {
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

describe('the tests of the clients', () => {
  const stores: [title: string, middleware: RequestHandler, tally: object][] = [
    ['requestId()', requestId(), { right: 200, lost: 0, foreign: 0 }],
    ['no middleware', (_req, _res, next) => next(), { right: 0, lost: 200, foreign: 0 }],
    ['a store that requests share', sharedStore(), { right: 1, lost: 0, foreign: 199 }],
  ];

  it.each(stores)(
    'distinguish right, lost and foreign ids, with %s',
    async (_, middleware, tally) => {
      const { tallies } = await runCase(
        none,
        { places: ['then'], use },
        { ...options, middleware },
      );
      expect(tallies.get('then')).toEqual(tally);
    },
  );

  it('name a callback that is never called', async () => {
    const places = ['then', 'never'];
    const outcome = await runCase(none, { places, use }, { ...options, patience: 0 });
    expect(problemsOf(outcome)).toEqual(['never: not every request came by']);
  });

  it('name a known gap that is closed', async () => {
    const outcome = await runCase(none, { places: ['then'], use }, options);
    expect(problemsOf(outcome, ['then'])).toEqual(['then: right without a recipe now']);
  });

  it("reject a response that is not the request's own", async () => {
    const swap = async () => 'another';
    const run = runCase(none, { places: [], use: swap }, options);
    await expect(run).rejects.toThrow("what the request's own query returned");
  });
});
