import { quantileSorted } from 'simple-statistics';

/** @typedef {{ median: number, low: number, high: number }} Spread The median, and the quartiles around it. */

/**
 * @param {readonly number[]} values
 * @returns {Spread}
 */
export function spreadOf(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: quantileSorted(sorted, 0.5),
    low: quantileSorted(sorted, 0.25),
    high: quantileSorted(sorted, 0.75),
  };
}

/**
 * How many times as much, round by round: what slows the machine down for a while slows both.
 *
 * @param {readonly number[]} values
 * @param {readonly number[]} base
 */
export function pairedRatio(values, base) {
  return spreadOf(values.map((value, round) => value / Number(base[round])));
}

/**
 * A copy in random order.
 *
 * @template T
 * @param {readonly T[]} values
 */
export function shuffled(values) {
  const copy = [...values];
  for (let last = copy.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    const value = copy[last];
    copy[last] = /** @type {T} */ (copy[other]);
    copy[other] = /** @type {T} */ (value);
  }
  return copy;
}
