// Sends a million requests over kept connections to one framework after the other, and checks that the heap stays flat:
// npm run soak. REQUESTS=40000 shortens it; LIMIT=600 bounds it in seconds.
import { judgeHeap } from './flatness.js';
import { connections, parts, soak } from './soak.js';

const adapters = ['node-http', 'express-5', 'koa-3', 'fastify-5'];
/** Requests to all frameworks together. */
const requests = Number(process.env.REQUESTS ?? 1_000_000);
/** Seconds for all frameworks together. */
const limit = Number(process.env.LIMIT ?? 1_200);
/** Parts that a comparison needs at least. */
const fewestParts = 6;

const stopped = new AbortController();
process.on('SIGINT', () => stop('Interrupted.', 130));
// A server may hang.
setTimeout(() => stop(`Not done long after ${limit} s.`, 1), (limit * 1.5 + 60) * 1000).unref();

/**
 * @param {string} message
 * @param {number} code
 */
function stop(message, code) {
  console.error(message);
  stopped.abort();
  process.exit(code);
}

const started = Date.now();
let failed = 0;
for (const [n, adapter] of adapters.entries()) {
  const left = limit * 1000 - (Date.now() - started);
  const deadline = Date.now() + left / (adapters.length - n);
  const problems = await run(adapter, requests / adapters.length, deadline);
  for (const problem of problems) console.log(`${adapter} FAILED: ${problem}.`);
  if (problems.length > 0) failed += 1;
  console.log('');
}
console.log(`${adapters.length - failed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed === 0 ? 0 : 1;

/**
 * Soaks one adapter's server and prints the outcome. Returns what is wrong.
 *
 * @param {string} adapter
 * @param {number} requests
 * @param {number} deadline
 */
async function run(adapter, requests, deadline) {
  try {
    const outcome = await soak({ adapter, requests, deadline, signal: stopped.signal });
    print(adapter, outcome, requests);
    return problemsOf(outcome, requests);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/**
 * @param {string} adapter
 * @param {Awaited<ReturnType<typeof soak>>} outcome
 * @param {number} requests
 */
function print(adapter, { sent, measured, seconds }, requests) {
  const last = measured.at(-1);
  const rate = Math.round(sent.requests / seconds);
  console.log(
    `${adapter}: ${sent.requests} requests in ${seconds.toFixed(1)} s (${rate}/s): ${sent.errors} errors, ` +
      `${sent.aborts} aborts, ${sent.forks} with forks; ${last?.checks} checks, ${last?.wrong} wrong`,
  );
  if (measured.length < parts) {
    console.log(
      `  stopped after ${sent.requests} of ${requests} requests: the time limit of ${limit} s`,
    );
  }
  console.table(
    measured.map(({ heap, external, alive, sampled }) => ({ heap, external, alive, sampled })),
  );
  if (measured.length < fewestParts) return;
  const { early, late, growth, slope } = judgeHeap(heapsOf(measured), requests / parts);
  console.log(
    `  median of parts 3 to 5: ${early} bytes, of the last three: ${late}; growth ${growth} bytes, ` +
      `${slope.toFixed(2)} bytes a request`,
  );
}

/**
 * Returns what is wrong with an outcome.
 *
 * @param {Awaited<ReturnType<typeof soak>>} outcome
 * @param {number} requests
 */
function problemsOf({ sent, measured, stderr }, requests) {
  const problems = [];
  const last = measured.at(-1);
  if (last === undefined || measured.length < fewestParts) {
    problems.push(`only ${measured.length} of ${parts} parts ran; ${fewestParts} are needed`);
  } else {
    const { growth, slope, isFlat } = judgeHeap(heapsOf(measured), requests / parts);
    if (!isFlat) {
      problems.push(
        `the heap is not flat: it grew by ${growth} bytes, ${slope.toFixed(2)} a request`,
      );
    }
  }
  // A connection may keep its last request.
  const most = Math.max(...measured.map(({ alive }) => alive));
  if (most > connections) problems.push(`${most} objects of the sample are alive after a part`);
  if (last !== undefined && last.wrong > 0) {
    problems.push(`${last.wrong} checks were wrong: ${last.problems.join('; ')}`);
  }
  if (last !== undefined && (last.closed !== sent.requests || last.aborted !== sent.aborts)) {
    problems.push(
      `of ${sent.requests} requests, ${sent.aborts} of them aborted, the server saw ` +
        `${last.closed} end, ${last.aborted} of them aborted`,
    );
  }
  if (sent.problems.length > 0) {
    const first = sent.problems.slice(0, 5).join('; ');
    problems.push(`${sent.problems.length} responses were wrong: ${first}`);
  }
  if (stderr !== '') problems.push(`the server wrote to stderr: ${stderr.slice(0, 2000)}`);
  return problems;
}

/** @param {import('./soak.js').Measured[]} measured */
function heapsOf(measured) {
  return measured.map(({ heap }) => heap);
}
