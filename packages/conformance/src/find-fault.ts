import type { Adapter } from './contract.ts';
import { currentRuntime } from './current-runtime.ts';
import type { Fault } from './judge.ts';

/** A fault of a runtime that no adapter can repair: plain AsyncLocalStorage shows it too. */
interface RuntimeFault extends Fault {
  readonly runtimes: readonly string[];
  readonly scenarios: readonly string[];
  /** An adapter that works at the server, and so lacks `bypass`, is not affected. */
  readonly sparesServers?: boolean;
}

const faults: readonly RuntimeFault[] = [
  {
    runtimes: ['node-22', 'node-23', 'node-24', 'deno'],
    scenarios: ['lifecycle-finished-before'],
    sparesServers: true,
    reason:
      'stream.finished calls back in the context that it was called in (nodejs/node#57865), and ahead of a middleware there is none',
  },
  {
    runtimes: ['node-20', 'node-21', 'node-22', 'node-23'],
    scenarios: ['isolation-survived-microtask'],
    reason: 'before version 24, Node reports errors in queueMicrotask outside any context',
  },
  {
    runtimes: ['bun'],
    scenarios: [
      'errors-process-all',
      'errors-process-async',
      'errors-process-listener',
      'errors-process-promise',
      'errors-process-then',
      'isolation-survived-microtask',
    ],
    reason: 'Bun reports rejected promises and errors in microtasks outside any context',
  },
  {
    runtimes: ['deno'],
    scenarios: [
      'errors-process-emitter',
      'errors-process-immediate',
      'errors-process-interval',
      'errors-process-timer',
      'isolation-survived-timer',
    ],
    reason: 'Deno reports errors in timers outside any context',
  },
];

/** Returns why a scenario must fail with any adapter like this one on this runtime, if there is such a reason. */
export function findFault(scenario: string, adapter: Adapter): Fault | undefined {
  const { name } = currentRuntime();
  return faults.find(
    ({ runtimes, scenarios, sparesServers }) =>
      runtimes.includes(name) &&
      scenarios.includes(scenario) &&
      !(sparesServers && adapter.lacks?.bypass !== undefined),
  );
}
