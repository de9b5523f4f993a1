import fc from 'fast-check';

/**
 * Chooses among arbitraries by weight. Shrinks to the first.
 *
 * @template T
 * @param {...[weight: number, arbitrary: fc.Arbitrary<T>]} choices
 * @returns {fc.Arbitrary<T>}
 */
export const weighted = (...choices) =>
  fc.oneof(
    { withCrossShrink: true },
    ...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })),
  );
