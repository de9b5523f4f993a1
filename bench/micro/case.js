// Measures one case in its own process, because V8 compiles code for what it has seen: node case.js <index> <rounds>
import { do_not_optimize, measure } from 'mitata';
import { cases } from './cases.js';

/** Returns the median nanoseconds for a call. @param {() => unknown} fn */
async function timeOf(fn) {
  const { p50 } = await measure(() => do_not_optimize(fn()), {
    min_cpu_time: 20 * 1e6,
    min_samples: 64,
  });
  return p50;
}

const [index, rounds] = process.argv.slice(2).map(Number);
const { measured, compared } = /** @type {import('./cases.js').Case} */ (cases[Number(index)]);

/** @type {import('./measure.js').Times} */
const times = { measured: [], compared: [] };
for (let round = 0; round < Number(rounds); round += 1) {
  // The two calls go first in turn, because the second one finds a warmer machine.
  if (round % 2 === 0) times.measured.push(await measured(timeOf));
  times.compared.push(await compared(timeOf));
  if (round % 2 !== 0) times.measured.push(await measured(timeOf));
}
process.send?.(times);
