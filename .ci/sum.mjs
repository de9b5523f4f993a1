// Sums up what the suites of .ci/run left in a folder: NAME.status (passed or failed) for each, NAME.log,
// and NAME.json where vitest counted.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? '';
const total = { passed: 0, failed: 0, skipped: 0 };

for (const file of readdirSync(folder).filter((name) => name.endsWith('.status'))) {
  const name = file.slice(0, -'.status'.length);
  const isPassed = readFileSync(join(folder, file), 'utf8').trim() === 'passed';
  const counts = countsOf(name) ?? { passed: Number(isPassed), failed: 0, skipped: 0 };
  // A suite that failed without a failed test, or passed without a test, did not run as it should have.
  if (isPassed ? counts.passed === 0 : counts.failed === 0) counts.failed += 1;
  console.log(
    `${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped.`,
  );
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

/** @param {string} name */
function countsOf(name) {
  const json = join(folder, `${name}.json`);
  if (existsSync(json)) {
    const counts = JSON.parse(readFileSync(json, 'utf8'));
    const skipped = counts.numPendingTests + counts.numTodoTests;
    return { passed: counts.numPassedTests, failed: counts.numFailedTests, skipped };
  }
  const log = readFileSync(join(folder, `${name}.log`), 'utf8');
  const lines = [...log.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)];
  const last = lines.at(-1);
  if (last === undefined) return undefined;
  const [passed = 0, failed = 0, skipped = 0] = last.slice(1).map(Number);
  return { passed, failed, skipped };
}
