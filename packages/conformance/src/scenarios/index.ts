import type { HttpScenario } from '../types.ts';
import { echoScenarios } from './echo.ts';

/** All families of scenarios, in the order of the matrix. */
export const httpScenarios: Readonly<Record<string, readonly HttpScenario[]>> = {
  echo: echoScenarios,
};
