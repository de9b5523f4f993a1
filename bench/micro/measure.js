import { do_not_optimize, measure } from 'mitata';
import { pairedRatio, spreadOf } from '../support/statistics.js';
import { cases } from './cases.js';

/** @typedef {import('../support/statistics.js').Spread} Spread */
/** @typedef {{ title: string, base: string, goal: number | undefined, nanoseconds: Spread, ratio: Spread }} MicroRow */

/** Nanoseconds for a call; half of all samples took less. @param {() => unknown} fn */
async function timeOf(fn) {
  const { p50 } = await measure(() => do_not_optimize(fn()), {
    min_cpu_time: 20 * 1e6,
    min_samples: 64,
  });
  return p50;
}

/**
 * Measures all cases, in rounds, what is compared one right after the other.
 *
 * @param {{ rounds: number, onRun: () => void }} options
 * @returns {Promise<MicroRow[]>}
 */
export async function measureMicro({ rounds, onRun }) {
  const samples = cases.map(() => ({
    measured: /** @type {number[]} */ ([]),
    compared: /** @type {number[]} */ ([]),
  }));
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { measured, compared }] of cases.entries()) {
      // Who comes first changes: the second finds a warmer machine.
      const times = { measured: 0, compared: 0 };
      if (round % 2 === 0) times.measured = await measured(timeOf);
      times.compared = await compared(timeOf);
      if (round % 2 !== 0) times.measured = await measured(timeOf);
      samples[index]?.measured.push(times.measured);
      samples[index]?.compared.push(times.compared);
      onRun();
    }
  }
  return cases.map(({ title, base, goal }, index) => {
    const { measured = [], compared = [] } = samples[index] ?? {};
    return {
      title,
      base,
      goal,
      nanoseconds: spreadOf(measured),
      ratio: pairedRatio(measured, compared),
    };
  });
}
