import { describe, expect, it } from 'vitest';
import { adapterNames } from '../../kit/built-adapter.js';
import { fuzz } from './fuzz.js';

// The short form of `npm run fuzz`.
const requests = 3_000;
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

describe(`generated headers, SEED=${seed}`, () => {
  it.each(adapterNames)('%s: each answer and each log line is as it must be', async (adapter) => {
    const outcome = await fuzz({ adapter, requests, seed });
    expect(outcome.adopted + outcome.fresh + outcome.refused).toBe(requests);
    // All kinds were met.
    for (const kind of ['adopted', 'fresh', 'refused'] as const) {
      expect(outcome[kind]).toBeGreaterThan(0);
    }
  });
});
