import assert from 'node:assert/strict';
import type { RequestIdOptions } from '@request-context/core';
import type { HttpScenario } from './http-scenario.ts';
import { assertFresh } from './policy-case.ts';

/** A function among the options that fails. */
interface FailingOption {
  readonly id: string;
  readonly title: string;
  readonly options: RequestIdOptions<unknown>;
  /** Whether it fails for requests that send an id, or for those that send none. */
  readonly fails: 'with an id' | 'without an id';
  /** Whether the request has the id that the client sent all the same. */
  readonly isAdopted?: boolean;
}

/** Throws, as an option's function may. */
export function throwOnPurpose(): never {
  throw new Error('on purpose');
}

/** Returns a scenario in which the failing option is an error of the application: a 500 that carries an id. */
export function failingOption(failing: FailingOption): HttpScenario {
  const { id, title, options, fails, isAdopted = false } = failing;
  return {
    id,
    title,
    setup: { options },
    clients: 8,
    probes: [],
    routes: { 'GET /': (x) => x.send({ body: 'handled' }) },
    async visit(client) {
      const headers = fails === 'with an id' ? { 'X-Request-ID': client.id } : {};
      const { status, ids, body } = await client.request('/', { headers });
      assert.equal(status, 500);
      assert(!body.includes('handled'), 'no route is called');
      assert.equal(ids.length, 1);
      if (isAdopted) assert.equal(ids[0], client.id);
      else assertFresh(ids[0]);
    },
  };
}
