import { Child } from '../../tests/kit/child.js';
import { pairedRatio, spreadOf } from '../support/statistics.js';
import { cases } from './cases.js';

/** @typedef {import('../support/statistics.js').Spread} Spread */
/** @typedef {{ title: string, base: string, goal: number | undefined, nanoseconds: Spread, ratio: Spread }} MicroRow */
/** @typedef {{ measured: number[], compared: number[] }} Times Nanoseconds for a call, in each round. */

/**
 * Measures all cases in rounds. In each round, the two calls of a case run one right after the other.
 *
 * @param {{ rounds: number, onCase: () => void }} options
 * @returns {Promise<MicroRow[]>}
 */
export async function measureMicro({ rounds, onCase }) {
  const rows = [];
  for (const [index, { title, base, goal }] of cases.entries()) {
    const child = new Child(new URL('./case.js', import.meta.url), [`${index}`, `${rounds}`]);
    /** @type {Times} */
    const { measured, compared } = await child.reply();
    child.end();
    const nanoseconds = spreadOf(measured);
    rows.push({ title, base, goal, nanoseconds, ratio: pairedRatio(measured, compared) });
    onCase();
  }
  return rows;
}
