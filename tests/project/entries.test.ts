import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const packages = join(import.meta.dirname, '../../packages');

const core = [
  'InvalidOptionError',
  'InvalidRequestIdError',
  'MissingValueError',
  'NoContextError',
  'OptionResultError',
  'context',
  'createContext',
  'getRequestId',
  'newRequestId',
];
const adapter = [...core, 'attach', 'onClientError', 'requestId'];

/** What each entry of the public packages exports. Each name is a promise to its users. */
const names: Readonly<Record<string, readonly string[]>> = {
  '@request-context/conformance': ['listen', 'publicFolder', 'scenariosFor', 'serve'],
  '@request-context/conformance/engine': [
    'appliesTo',
    'callListener',
    'countResults',
    'createBarrier',
    'createClient',
    'currentRuntime',
    'defaultLimit',
    'explain',
    'inHandler',
    'isAccountable',
    'isAdapter',
    'isFailure',
    'judge',
    'record',
    'runScenario',
    'scenarioFamilies',
    'sumTallies',
    'summarize',
    'takeProbes',
    'taskFor',
  ],
  '@request-context/core': core,
  '@request-context/core/adapter': [
    'RequestScope',
    'addRequestObject',
    'checkOptions',
    'currentIdHeaders',
    'defineMethod',
    'describe',
    'dropRejection',
    'escapeId',
    'findRequestScope',
    'isInsideRequest',
    'isScoped',
    'markScoped',
    'underlyingMethod',
    'normalizeOptions',
    'openRequest',
    'resolveRequestId',
    'runWithoutScope',
    'shareInProcess',
    'wrapMethod',
  ],
  '@request-context/express': adapter,
  '@request-context/fastify': adapter,
  '@request-context/koa': adapter,
  '@request-context/logging': ['escapeText', 'requestFields'],
  '@request-context/logging/console': ['patchConsole'],
  '@request-context/logging/morgan': ['requestIdToken'],
  '@request-context/logging/opentelemetry': ['markSpan', 'traceFields'],
  '@request-context/logging/pino': ['requestContextMixin'],
  '@request-context/logging/winston': ['requestContextFormat'],
  '@request-context/node-http': [...adapter, 'withRequestId'],
  '@request-context/node-http/adapter': [
    'attachRequestScopes',
    'createRequestScopes',
    'problemOf',
    'replaceErrorPage',
  ],
  '@request-context/propagation': ['createPropagator'],
  '@request-context/propagation/amqplib': [
    'messageHeaders',
    'runWithMessage',
    'withRequestContext',
  ],
  '@request-context/propagation/axios': ['axiosInterceptor'],
  '@request-context/propagation/bullmq': ['requestContextTelemetry', 'withRequestContext'],
  '@request-context/propagation/fetch': ['propagatingFetch'],
  '@request-context/propagation/http': ['instrumentOutbound'],
  '@request-context/propagation/kafka': ['messageHeaders', 'runWithMessage', 'withRequestContext'],
  '@request-context/propagation/nats': ['messageHeaders', 'runWithMessage', 'withRequestContext'],
  '@request-context/propagation/undici': ['undiciInterceptor'],
  '@request-context/propagation/worker-threads': [
    'childEnv',
    'contextFromEnv',
    'onMessage',
    'wrapMessage',
  ],
};

/** The entries of the public packages: the file of `./name` is src/name.ts. */
const entries = readdirSync(packages).flatMap((folder) => {
  const path = join(packages, folder, 'package.json');
  const { name, exports, private: isPrivate } = JSON.parse(readFileSync(path, 'utf8'));
  if (isPrivate) return [];
  return Object.keys(exports)
    .filter((entry) => entry !== './package.json')
    .map((entry) => ({
      entry: join(name, entry),
      file: join(packages, folder, 'src', `${entry === '.' ? 'index' : entry}.ts`),
    }));
});

it('list every entry', () => {
  expect(entries.map(({ entry }) => entry).sort()).toEqual(Object.keys(names).sort());
});

it.each(entries)('export these names from $entry, and no others', async ({ entry, file }) => {
  const exported = Object.keys(await import(file)).sort();
  expect(exported).toEqual([...(names[entry] ?? [])].sort());
});
