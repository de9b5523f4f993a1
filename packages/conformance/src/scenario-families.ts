import type { HttpScenario } from './http-scenario.ts';
import { connectionScenarios } from './scenarios/connection.ts';
import { echoScenarios } from './scenarios/echo.ts';
import { errorsScenarios } from './scenarios/errors.ts';
import { flowScenarios } from './scenarios/flow.ts';
import { isolationScenarios } from './scenarios/isolation.ts';
import { lifecycleScenarios } from './scenarios/lifecycle.ts';

/** The specification: all scenarios, by family. */
export const scenarioFamilies: Readonly<Record<string, readonly HttpScenario[]>> = {
  echo: echoScenarios,
  flow: flowScenarios,
  lifecycle: lifecycleScenarios,
  connection: connectionScenarios,
  isolation: isolationScenarios,
  errors: errorsScenarios,
};
