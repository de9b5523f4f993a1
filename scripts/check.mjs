// Runs the checks that are not tests, and prints one line for each. Shows a check's output only if it fails.
import { runStep, stopOnError, stopOnSignals } from './child-processes.mjs';
import { build, install } from './install.mjs';

/** Scripts of package.json. */
const checks = {
  Linting: 'lint',
  'Checking the format': 'format:check',
  'Checking the types': 'check:types',
  'Checking the packages': 'check:packages',
};

stopOnSignals(1);
main().catch(stopOnError);

async function main() {
  await install('check');
  await build();
  // Keeps the scripts from installing and building again.
  process.env.REQUEST_CONTEXT_SETUP = 'done';
  for (const [title, script] of Object.entries(checks)) {
    await runStep(title, 'npm', ['run', '--silent', script]);
  }
}
