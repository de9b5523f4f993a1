// Checks what no test checks, one line a check. What a check prints is shown if it fails.
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
  // The scripts need not do so again.
  process.env.REQUEST_CONTEXT_SETUP = 'done';
  for (const [title, script] of Object.entries(checks)) {
    await runStep(title, 'npm', ['run', '--silent', script]);
  }
}
