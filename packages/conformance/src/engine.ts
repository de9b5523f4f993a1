// What scenarios beyond the specification need. What an adapter's tests need is in index.ts.

export { callListener } from './call-listener.ts';
export { createBarrier } from './create-barrier.ts';
export { createClient } from './create-client.ts';
export { currentRuntime } from './current-runtime.ts';
export type {
  Client,
  ClientResponse,
  HttpScenario,
  ProbedExchange,
  ProbedRoute,
  Sending,
  Teardown,
} from './http-scenario.ts';
export { type HandlerCase, inHandler } from './in-handler.ts';
export { isAdapter } from './is-adapter.ts';
export { defaultLimit, type Fault, judge, type Task } from './judge.ts';
export { record, takeProbes } from './probes.ts';
export {
  type Cell,
  countResults,
  explain,
  isAccountable,
  isFailure,
  type Outcome,
  type Report,
  type Result,
  summarize,
  sumTallies,
} from './report.ts';
export { appliesTo, type RunOptions, runScenario, type Tally } from './run-scenario.ts';
export { scenarioFamilies } from './scenario-families.ts';
export { taskFor } from './task-for.ts';
