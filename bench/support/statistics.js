import { quantile } from 'simple-statistics';

/** @typedef {{ median: number, low: number, high: number }} Spread The median, and the quartiles around it. */

/**
 * Returns the median and the quartiles of values.
 *
 * @param {readonly number[]} values
 * @returns {Spread}
 */
export function spreadOf(values) {
  const of = [...values];
  return { median: quantile(of, 0.5), low: quantile(of, 0.25), high: quantile(of, 0.75) };
}

/**
 * Returns the ratio of values to those of the same round: a machine that slows down for a while slows both.
 *
 * @param {readonly number[]} values
 * @param {readonly number[]} base
 */
export function pairedRatio(values, base) {
  return spreadOf(values.map((value, round) => value / Number(base[round])));
}
