// Compares random apps with and without the library: npm run fuzz. SEED= repeats a run, MINUTES= or RUNS= says
// how long; --app '<json>' runs one app and shows its differences.
import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { anyApp } from './arbitrary.js';
import { Differential, kindOf } from './differential.js';
import { reduce } from './reduce.js';

/** Milliseconds that a difference may be shrunk for: by fast-check, and by what follows. */
const patience = 15_000;

const { argv, env } = process;
const at = argv.indexOf('--app');
const differential = new Differential();
process.exitCode = at < 0 ? await fuzz() : await replay(JSON.parse(argv[at + 1] ?? ''));
differential.stop();
// A run that was interrupted may still wait for one of them.
process.exit();

/** @param {any} app */
async function replay(app) {
  const problems = await differential.judge(app);
  for (const problem of problems) console.log(problem);
  console.log(problems.length === 0 ? 'no difference' : `${problems.length} differences`);
  return problems.length === 0 ? 0 : 1;
}

async function fuzz() {
  const seed = Number(env.SEED ?? randomInt(2 ** 31));
  const until = Date.now() + Number(env.MINUTES ?? 0.6) * 60_000;
  const runs = Number(env.RUNS ?? Number.POSITIVE_INFINITY);
  console.log(`SEED=${seed}`);
  let passed = 0;
  let failed = 0;
  /** What was found already is not looked at again. @type {Set<string>} */
  const found = new Set();
  for (let batch = 0; passed < runs && Date.now() < until; batch += 1) {
    /** The difference that is being shrunk. @type {string | undefined} */
    let wanted;
    let shrinksUntil = 0;
    /** @param {any} app */
    const isFaulty = async (app) => {
      if (wanted !== undefined && Date.now() > shrinksUntil) return false;
      const kinds = (await differential.judge(app, wanted !== undefined)).map(kindOf);
      if (wanted !== undefined) return kinds.includes(wanted);
      wanted = kinds.find((kind) => !found.has(kind));
      shrinksUntil = Date.now() + patience;
      if (wanted === undefined) passed += 1;
      return wanted !== undefined;
    };
    const details = await fc.check(
      fc.asyncProperty(anyApp, async (app) => !(await isFaulty(app))),
      {
        seed: seed + batch,
        numRuns: Math.min(500, runs - passed),
        interruptAfterTimeLimit: Math.max(until - Date.now(), 1) + patience,
        markInterruptAsFailure: false,
      },
    );
    if (!details.failed || wanted === undefined) continue;
    failed += 1;
    shrinksUntil = Number.POSITIVE_INFINITY;
    const app = await reduce(details.counterexample?.[0], isFaulty, Date.now() + patience);
    const problems = await differential.judge(app);
    for (const problem of [wanted, ...problems.map(kindOf)]) found.add(problem);
    console.log(
      `\n--- difference ${failed}: SEED=${details.seed} path ${details.counterexamplePath}`,
    );
    console.log((problems.length === 0 ? [`not each time: ${wanted}`] : problems).join('\n'));
    console.log(`node fuzz/differential/run.js --app '${JSON.stringify(app)}'`);
  }
  console.log(`\n${passed} passed, ${failed} failed, ${differential.skipped} skipped`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
