// Prepares what a script of package.json needs, or everything:
//
//   node scripts/setup.mjs [start|test|...] [--build]
import { parseArgs } from 'node:util';
import { Problem, stopOnError, stopOnSignals } from './child-processes.mjs';
import { build, install, targets } from './install.mjs';

stopOnSignals(1);
main().catch(stopOnError);

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { build: { type: 'boolean', default: false } },
  });
  const [target, ...others] = positionals;
  if (others.length > 0 || (target !== undefined && !targets.includes(target))) {
    throw new Problem(`Name one of ${targets.join(', ')}, or none to prepare everything.`);
  }
  await install(target);
  if (values.build) await build();
}
