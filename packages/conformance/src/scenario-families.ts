import type { HttpScenario } from './http-scenario.ts';
import { adoptScenarios } from './scenarios/adopt.ts';
import { connectionScenarios } from './scenarios/connection.ts';
import { echoScenarios } from './scenarios/echo.ts';
import { errorsScenarios } from './scenarios/errors.ts';
import { exposeScenarios } from './scenarios/expose.ts';
import { flowScenarios } from './scenarios/flow.ts';
import { generateScenarios } from './scenarios/generate.ts';
import { headerScenarios } from './scenarios/header.ts';
import { inboundScenarios } from './scenarios/inbound.ts';
import { isolationScenarios } from './scenarios/isolation.ts';
import { lifecycleScenarios } from './scenarios/lifecycle.ts';
import { listenersScenarios } from './scenarios/listeners.ts';
import { optionsScenarios } from './scenarios/options.ts';
import { rejectScenarios } from './scenarios/reject.ts';
import { replaceScenarios } from './scenarios/replace.ts';
import { retentionScenarios } from './scenarios/retention.ts';
import { trustScenarios } from './scenarios/trust.ts';
import { valuesScenarios } from './scenarios/values.ts';

/** The specification: all scenarios, by family. */
export const scenarioFamilies: Readonly<Record<string, readonly HttpScenario[]>> = {
  adopt: adoptScenarios,
  replace: replaceScenarios,
  reject: rejectScenarios,
  trust: trustScenarios,
  inbound: inboundScenarios,
  header: headerScenarios,
  expose: exposeScenarios,
  generate: generateScenarios,
  values: valuesScenarios,
  options: optionsScenarios,
  echo: echoScenarios,
  flow: flowScenarios,
  lifecycle: lifecycleScenarios,
  connection: connectionScenarios,
  listeners: listenersScenarios,
  isolation: isolationScenarios,
  retention: retentionScenarios,
  errors: errorsScenarios,
};
