// Sums up what the suites of .ci/run left in a folder: NAME.status (passed or failed) for each, and
// NAME.json (vitest's JSON reporter) or NAME.txt (a log with a line "N passed, N failed, N skipped").

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? '';
const total = { passed: 0, failed: 0, skipped: 0 };

for (const file of readdirSync(folder).filter((name) => name.endsWith('.status'))) {
  const name = file.slice(0, -'.status'.length);
  const isPassed = readFileSync(join(folder, file), 'utf8').trim() === 'passed';
  const counts = countsOf(name) ?? { passed: Number(isPassed), failed: 0, skipped: 0 };
  // A suite that failed without a test of its own failing did not run as it should have.
  if (!isPassed && counts.failed === 0) counts.failed = 1;
  // One that passed without running anything did not either.
  if (isPassed && counts.passed === 0) counts.failed = 1;
  console.log(
    `${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped.`,
  );
  for (const key of /** @type {const} */ (['passed', 'failed', 'skipped']))
    total[key] += counts[key];
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

/** @param {string} name */
function countsOf(name) {
  const json = join(folder, `${name}.json`);
  if (existsSync(json)) {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
      readFileSync(json, 'utf8'),
    );
    return {
      passed: numPassedTests,
      failed: numFailedTests,
      skipped: numPendingTests + numTodoTests,
    };
  }
  const log = join(folder, `${name}.txt`);
  if (!existsSync(log)) return undefined;
  const lines = [
    ...readFileSync(log, 'utf8').matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm),
  ];
  const [, passed, failed, skipped] = lines.at(-1) ?? [];
  return {
    passed: Number(passed ?? 0),
    failed: Number(failed ?? 0),
    skipped: Number(skipped ?? 0),
  };
}
