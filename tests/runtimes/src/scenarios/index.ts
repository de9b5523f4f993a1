import { scenarioFamilies } from '@request-context/conformance/engine';
import type { FrameworkScenario } from '../framework-scenario.ts';
import { connectionScenarios } from './connections.ts';
import { emittersScenarios } from './emitters.ts';
import { expressScenarios } from './express.ts';
import { fastifyScenarios } from './fastify.ts';
import { koaScenarios } from './koa.ts';
import { nodeApisScenarios } from './node-apis.ts';
import { nodeHttpScenarios } from './node-http.ts';
import { onFinishedScenarios } from './on-finished.ts';
import { outboundScenarios } from './outbound.ts';
import { carriedAxiosScenarios } from './outbound-axios.ts';
import { carriedClientScenarios } from './outbound-clients.ts';
import { carriedHttpScenarios } from './outbound-http.ts';
import { platformFlowScenarios } from './platform-flow.ts';
import { preflightScenario } from './preflight.ts';
import { queuesScenarios } from './queues.ts';
import { serverScenarios } from './server.ts';
import { threadsScenarios } from './threads.ts';
import { uploadScenarios } from './uploads.ts';

type Families = Readonly<Record<string, readonly FrameworkScenario[]>>;

/** Families of frameworks, servers and their clients, beyond the specification. */
const frameworkFamilies: Families = {
  echo: [preflightScenario],
  connection: connectionScenarios,
  server: serverScenarios,
  uploads: uploadScenarios,
  'on-finished': onFinishedScenarios,
  'node-http': nodeHttpScenarios,
  express: expressScenarios,
  koa: koaScenarios,
  fastify: fastifyScenarios,
};

/** Families of callbacks by a runtime or a library, which no adapter can influence. */
const platformFamilies: Families = {
  flow: platformFlowScenarios,
  queues: queuesScenarios,
  emitters: emittersScenarios,
  'node-apis': nodeApisScenarios,
  outbound: outboundScenarios,
  threads: threadsScenarios,
  'carried-http': carriedHttpScenarios,
  'carried-clients': carriedClientScenarios,
  'carried-axios': carriedAxiosScenarios,
};

/** The adapter that runs all platform families. */
const platformAdapter = ['node-http'];

/** The scenarios of platform families that all adapters run. */
const everywhere = [
  'queues-batch-snapshot',
  'emitters-shared-bind',
  'node-apis-fs-read-stream',
  'outbound-fetch',
];

const restricted: Families = Object.fromEntries(
  Object.entries(platformFamilies).map(([family, scenarios]) => [
    family,
    scenarios.map((scenario) =>
      everywhere.includes(scenario.id) ? scenario : { ...scenario, frameworks: platformAdapter },
    ),
  ]),
);

const all = [scenarioFamilies, frameworkFamilies, restricted];
const names = new Set(all.flatMap((some) => Object.keys(some)));

/** All families, in the order of the matrix. */
export const families: Families = Object.fromEntries(
  [...names].map((name) => [name, all.flatMap((some) => some[name] ?? [])]),
);
