import type { HttpScenario } from '../types.ts';
import { connectionScenarios } from './connection.ts';
import { echoScenarios } from './echo.ts';
import { emittersScenarios } from './emitters.ts';
import { errorsScenarios } from './errors.ts';
import { flowScenarios } from './flow.ts';
import { isolationScenarios } from './isolation.ts';
import { lifecycleScenarios } from './lifecycle.ts';
import { nativeScenarios } from './native.ts';
import { nodeApisScenarios } from './node-apis.ts';
import { outboundScenarios } from './outbound.ts';
import { queuesScenarios } from './queues.ts';
import { serverScenarios } from './server.ts';
import { uploadScenarios } from './uploads.ts';

/** All families of scenarios, in the order of the matrix. */
export const httpScenarios: Readonly<Record<string, readonly HttpScenario[]>> = {
  echo: echoScenarios,
  flow: flowScenarios,
  lifecycle: lifecycleScenarios,
  uploads: uploadScenarios,
  connection: connectionScenarios,
  server: serverScenarios,
  isolation: isolationScenarios,
  queues: queuesScenarios,
  emitters: emittersScenarios,
  'node-apis': nodeApisScenarios,
  outbound: outboundScenarios,
  errors: errorsScenarios,
  native: nativeScenarios,
};
