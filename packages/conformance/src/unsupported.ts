import type { RuntimeName } from './runtime.ts';

/** Scenarios that fail through a runtime's fault, with plain AsyncLocalStorage as well. They still run, and must fail. */
export interface Unsupported {
  readonly runtimes: readonly RuntimeName[];
  /** All when left out. An adapter that cannot even be loaded goes by the name of its module. */
  readonly adapters?: readonly string[];
  /** Ids; `load` is the loading of an adapter's module. */
  readonly scenarios: readonly string[];
  readonly reason: string;
  /** For what depends on luck: it counts as unsupported when it passes too. */
  readonly mayPass?: boolean;
}

const middlewares = ['express-4', 'express-5', 'koa-2', 'koa-3', 'node-http'];

/** What is wrong with the runtimes, as far as the scenarios see it. */
export const unsupported: readonly Unsupported[] = [
  {
    runtimes: ['node-22', 'node-24', 'deno'],
    adapters: middlewares,
    scenarios: ['finished-before'],
    reason:
      'stream.finished calls back in the context that it was called in (nodejs/node#57865), and before the middleware there was none; attach(server) covers it',
  },
  {
    runtimes: ['node-20', 'node-22'],
    scenarios: ['survived-microtask'],
    reason: 'before version 24, Node tells of errors in queueMicrotask outside of any context',
  },
  {
    runtimes: ['node-20', 'node-22', 'node-24', 'node-26'],
    scenarios: ['node-apis-random-int-plain'],
    reason: 'Node refills a cache of random bytes for all who wait, in the context of the first',
  },
  {
    runtimes: ['bun'],
    scenarios: ['websocket'],
    reason:
      'Bun puts a WebSocketServer of its own in place of ws; its events run outside of any context',
  },
  {
    runtimes: ['bun'],
    scenarios: ['server-no-host', 'server-expectation'],
    reason:
      'Bun answers by itself, and does not tell before: it has no diagnostics channel http.server.request.start',
  },
  {
    runtimes: ['bun'],
    scenarios: ['server-share'],
    reason:
      'Bun answers by itself, if it does before it closes the connection, and does not tell before: it has no diagnostics channel http.server.request.start',
    mayPass: true,
  },
  {
    runtimes: ['bun'],
    adapters: ['koa-3'],
    scenarios: ['errors-koa-stream'],
    reason:
      'Koa 3 hangs up on the client by res.destroy(); Bun then sends a 200 of its own, without headers',
  },
  {
    runtimes: ['bun'],
    scenarios: ['node-apis-worker', 'node-apis-message-channel', 'node-apis-abort-timeout'],
    reason:
      'in Bun, events of workers, of message ports and of AbortSignal.timeout run outside of any context (oven-sh/bun#32805)',
  },
  {
    runtimes: ['bun'],
    scenarios: [
      'errors-process-all',
      'errors-process-async',
      'errors-process-listener',
      'errors-process-promise',
      'errors-process-then',
      'survived-microtask',
    ],
    reason: 'Bun tells of rejected promises and of errors in microtasks outside of any context',
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
      'Bun puts an undici of its own in place of the package, over fetch: it has neither callbacks nor streams',
  },
  {
    runtimes: ['deno'],
    scenarios: ['outbound-http-timeout-plain'],
    reason:
      'in Deno, setTimeout of a socket that was used before goes on with the timer that is there, and with the context of who set it first',
  },
  {
    runtimes: ['deno'],
    scenarios: ['node-apis-net', 'outbound-http', 'outbound-http-abort'],
    reason:
      "in Deno, a socket's 'data', 'end' and 'close' run outside of any context, as does what follows from them ('connect' does not: denoland/deno#35237)",
  },
  {
    runtimes: ['deno'],
    scenarios: ['node-apis-child'],
    reason: 'in Deno, the output of a child process is read outside of any context',
  },
  {
    runtimes: ['deno'],
    scenarios: ['node-apis-abort-timeout'],
    reason: 'in Deno, the events of AbortSignal.timeout run outside of any context',
  },
  {
    runtimes: ['deno'],
    scenarios: [
      'errors-process-emitter',
      'errors-process-immediate',
      'errors-process-interval',
      'errors-process-timer',
      'survived-timer',
    ],
    reason: 'Deno tells of errors in timers outside of any context',
  },
];

/** What is known of a scenario with an adapter on a runtime. */
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

/** Why a scenario fails with an adapter on a runtime, as far as it is known. */
export function reasonFor(runtime: string, adapter: string, scenario: string): string | undefined {
  return findUnsupported(runtime, adapter, scenario)?.reason;
}
