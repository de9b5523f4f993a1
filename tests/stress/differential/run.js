// Compares random apps with and without the library: npm run fuzz. SEED= repeats a run, MINUTES= or RUNS= bounds it,
// SHOW_SKIPPED=1 prints skipped apps; --app '<json>' runs one app and prints its differences.
import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { anyApp } from './arbitrary.js';
import { Differential, kindOf } from './differential.js';

/** Milliseconds that fast-check may shrink a difference for. */
const shrinkLimit = 30_000;

const { argv, env } = process;
const at = argv.indexOf('--app');
const differential = new Differential();
process.exitCode = at < 0 ? await fuzz() : await replay(JSON.parse(argv[at + 1] ?? ''));
differential.stop();
// An interrupted run may still wait for a process.
process.exit();

/** @param {any} app */
async function replay(app) {
  const problems = await differential.judge(app);
  for (const problem of problems) console.log(problem);
  console.log(problems.length === 0 ? 'no difference' : `${problems.length} differences`);
  return problems.length === 0 ? 0 : 1;
}

async function fuzz() {
  const minutes = Number(env.MINUTES ?? 5);
  const runs = Number(env.RUNS ?? Number.POSITIVE_INFINITY);
  // Half of the apps are the same each time, so that chance cannot hide a known kind of fault.
  const seeds = env.SEED === undefined ? [1, randomInt(2 ** 31)] : [Number(env.SEED)];
  const total = { passed: 0, failed: 0 };
  /** The kinds of difference that are already reported. @type {Set<string>} */
  const found = new Set();
  for (const seed of seeds) {
    console.log(`SEED=${seed}`);
    const until = Date.now() + (minutes * 60_000) / seeds.length;
    let left = runs / seeds.length;
    for (let batch = 0; left > 0 && Date.now() < until; batch += 1) {
      const { passed, difference } = await check(
        seed + batch,
        Math.min(500, Math.ceil(left)),
        until,
        found,
      );
      total.passed += passed;
      left -= passed;
      if (difference === undefined) continue;
      total.failed += 1;
      console.log(`\n--- difference ${total.failed}: ${difference}`);
    }
  }
  const { passed, failed } = total;
  console.log(`\n${passed} passed, ${failed} failed, ${differential.skipped} skipped`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

/**
 * Runs apps until one is faulty, then shrinks that app.
 *
 * @param {number} seed
 * @param {number} numRuns
 * @param {number} until
 * @param {Set<string>} found
 */
async function check(seed, numRuns, until, found) {
  let passed = 0;
  /** The difference that is being shrunk. @type {string | undefined} */
  let wanted;
  let shrinksUntil = 0;
  /** The last app's problems. @type {Promise<string[]>} */
  let judged = Promise.resolve([]);
  /** @param {any} app */
  const isFaulty = async (app) => {
    if (wanted !== undefined && Date.now() > shrinksUntil) return false;
    judged = differential.judge(app, wanted !== undefined);
    const kinds = (await judged).map(kindOf);
    if (wanted !== undefined) return kinds.includes(wanted);
    wanted = kinds.find((kind) => !found.has(kind));
    shrinksUntil = Date.now() + shrinkLimit;
    if (wanted === undefined) passed += 1;
    return wanted !== undefined;
  };
  const details = await fc.check(
    fc.asyncProperty(anyApp, async (app) => !(await isFaulty(app))),
    {
      seed,
      numRuns,
      interruptAfterTimeLimit: Math.max(until - Date.now(), 1) + shrinkLimit,
      markInterruptAsFailure: false,
    },
  );
  // fast-check does not wait for the app that it interrupts, and a process runs one app at a time.
  await judged;
  if (!details.failed || wanted === undefined) return { passed };
  const [app] = details.counterexample ?? [];
  const problems = await differential.judge(app);
  // The app has a race, which either run may show. A foreign id is always a fault.
  if (problems.length === 0 && !/foreign|another/.test(wanted)) {
    differential.skipped += 1;
    return { passed };
  }
  for (const problem of [wanted, ...problems.map(kindOf)]) found.add(problem);
  const lines = [
    `SEED=${seed} path ${details.counterexamplePath}`,
    ...(problems.length === 0 ? [`not each time: ${wanted}`] : problems),
    `node tests/stress/differential/run.js --app '${JSON.stringify(app)}'`,
  ];
  return { passed, difference: lines.join('\n') };
}
