import { describe, expect, it } from 'vitest';
import { adapterNames } from '../../kit/built-adapter.js';
import { fuzz } from './fuzz.js';

// The short form of `npm run fuzz`.
const requests = 1_000;
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

describe(`generated headers, SEED=${seed}`, () => {
  it.each(adapterNames)(
    'respond to every request, and log it, with one valid id on %s',
    async (adapter) => {
      const outcome = await fuzz({ adapter, requests, seed });
      // Each kind occurred.
      for (const kind of ['adopted', 'fresh', 'refused'] as const) {
        expect(outcome[kind]).toBeGreaterThan(0);
      }
    },
  );
});
