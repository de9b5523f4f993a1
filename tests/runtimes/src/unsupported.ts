import type { Fault } from '@request-context/conformance/engine';

/** The runtimes that the suite runs on, in the order of the matrix. */
export type RuntimeName = 'node-20' | 'node-22' | 'node-24' | 'node-26' | 'bun' | 'deno';

/** Scenarios that fail because of a runtime, even with plain AsyncLocalStorage. They still run, and must fail. */
export interface Unsupported extends Fault {
  readonly runtimes: readonly RuntimeName[];
  /** Names of adapters, or of modules that cannot be loaded. @default all */
  readonly adapters?: readonly string[];
  /** Ids of scenarios. `load` is the loading of an adapter's module. */
  readonly scenarios: readonly string[];
}

/** Scenarios that a middleware cannot pass, and attach(server) can, with the reason. */
export const beforeMiddleware: Readonly<Record<string, string>> = {
  'on-finished-before':
    'on-finished runs a listener in the context that it was added in: ahead of the middleware there is none; attach(server) covers it',
};

/** The runtimes' faults beyond those listed in the specification. */
export const unsupported: readonly Unsupported[] = [
  {
    runtimes: ['node-20', 'node-22', 'node-24', 'node-26'],
    scenarios: ['node-apis-random-int-plain'],
    mixesIds: true,
    reason:
      'Node refills a cache of random bytes for all waiting callers, in the context of the first',
  },
  {
    runtimes: ['bun'],
    scenarios: ['connection-websocket'],
    reason: 'Bun replaces ws with its own WebSocketServer, whose events run outside any context',
  },
  {
    runtimes: ['bun', 'deno'],
    scenarios: [
      'carried-clients-axios-fetch-redirect-in',
      'carried-clients-axios-fetch-interceptor-redirect-in',
    ],
    reason:
      'without undici, a call of fetch to a stranger is left alone, and the fetch of the runtime follows its redirect',
  },
  {
    runtimes: ['bun'],
    scenarios: ['carried-http-websocket'],
    reason: 'Bun replaces ws with its own WebSocket client, which makes no request of node:http',
  },
  {
    runtimes: ['bun'],
    scenarios: ['carried-http-foreign-agent', 'carried-axios-tunnel-instrumented'],
    reason: "Bun's ClientRequest shows nobody what it asks an agent for that does not extend Agent",
  },
  {
    runtimes: ['bun'],
    scenarios: [
      'carried-clients-node-fetch-3',
      'carried-clients-node-fetch-3-secure',
      'carried-clients-node-fetch-3-redirect',
      'carried-clients-node-fetch-3-redirect-back',
      'carried-clients-node-fetch-3-redirect-in',
    ],
    reason: 'Bun replaces node-fetch with its own fetch, which makes no request of node:http',
  },
  {
    runtimes: ['bun'],
    scenarios: ['server-no-host', 'server-expectation'],
    reason:
      'Bun responds without a notice: it has no diagnostics channel http.server.request.start',
  },
  {
    runtimes: ['bun'],
    scenarios: ['server-share'],
    reason:
      'Bun responds without a notice, if it responds before it closes the connection: it has no diagnostics channel http.server.request.start',
    mayPass: true,
  },
  {
    runtimes: ['bun'],
    adapters: ['koa-3'],
    scenarios: ['koa-errors-stream'],
    reason: 'Koa 3 hangs up on the client by res.destroy(); Bun then sends a 200 without headers',
  },
  {
    runtimes: ['bun'],
    scenarios: ['node-apis-worker', 'node-apis-message-channel', 'node-apis-abort-timeout'],
    reason:
      'in Bun, events of workers, of message ports and of AbortSignal.timeout run outside any context (oven-sh/bun#32805)',
  },
  {
    runtimes: ['bun'],
    scenarios: [
      'outbound-undici-await',
      'outbound-undici-body',
      'outbound-undici-body-plain',
      'outbound-undici-callback',
      'outbound-undici-pipeline',
      'outbound-undici-pipeline-plain',
      'outbound-undici-stream',
      'outbound-undici-stream-plain',
      'outbound-undici-upload',
      'outbound-undici-upload-plain',
    ],
    reason:
      'Bun replaces the undici package with its own, over fetch, which has neither callbacks nor streams',
  },
  {
    runtimes: ['node-20'],
    adapters: ['undici-8'],
    scenarios: ['load'],
    reason: 'undici 8 needs Node 22.19 or later',
  },
  {
    runtimes: ['bun'],
    adapters: ['undici-6'],
    scenarios: ['undici-http2'],
    reason: 'the HTTP/2 of undici 6 fails in Bun, without the library too',
  },
  {
    runtimes: ['deno'],
    adapters: ['undici-5'],
    scenarios: ['undici-http2', 'interceptor-option-http2'],
    reason: 'the HTTP/2 of undici 5 hangs in Deno, without the library too',
  },
  {
    runtimes: ['deno'],
    scenarios: ['outbound-http-timeout-plain'],
    mixesIds: true,
    reason:
      'in Deno, setTimeout of a socket that was used before reuses its timer, and the context of the code that set it first',
  },
  {
    runtimes: ['deno'],
    scenarios: ['node-apis-net', 'outbound-http', 'outbound-http-abort'],
    reason:
      "in Deno, a socket's 'data', 'end' and 'close' run outside any context, as does what follows from them ('connect' does not: denoland/deno#35237)",
  },
  {
    runtimes: ['deno'],
    scenarios: ['node-apis-child'],
    reason: 'in Deno, the output of a child process is read outside any context',
  },
  {
    runtimes: ['deno'],
    scenarios: ['node-apis-abort-timeout'],
    reason: 'in Deno, the events of AbortSignal.timeout run outside any context',
  },
];

/** Returns why a scenario fails with an adapter on a runtime, if that is known. */
export function findUnsupported(
  runtime: string,
  adapter: string,
  scenario: string,
): Unsupported | undefined {
  return unsupported.find(
    ({ runtimes, adapters, scenarios }) =>
      (runtimes as readonly string[]).includes(runtime) &&
      (adapters === undefined || adapters.includes(adapter)) &&
      scenarios.includes(scenario),
  );
}
