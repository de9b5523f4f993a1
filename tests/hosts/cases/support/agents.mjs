// The tracers: how each starts, and how it reports what it has finished.
import { Child } from '../../../kit/child.js';
import { once, require, sleep } from './case.mjs';

/**
 * @typedef {object} Agent
 * @property {() => Promise<string[]>} finished - Returns the finished spans or transactions, sorted.
 */

/** Starts a collector. @returns {Promise<{ port: number, securePort: number, cert: string, collected: () => Promise<string[]> }>} */
export async function startCollector() {
  const child = new Child(new URL('./collector.mjs', import.meta.url), [], { execArgv: [] });
  const { port, securePort, cert } = await child.reply();
  const collected = async () => (await child.ask('report')).toSorted();
  return { port, securePort, cert, collected };
}

/** Asks again and again until nothing comes any more. @param {() => Promise<string[]> | string[]} read */
async function settled(read) {
  let last = -1;
  for (let round = 0; round < 20; round++) {
    await sleep(150);
    const { length } = await read();
    if (length === last && length > 0) break;
    last = length;
  }
  return (
    (await read())
      // Leaves out spans of the library's middlewares and hooks. `ownHook` is the application's.
      .filter((line) => !/requestId|\bon[A-Z]/.test(line) || line.includes('ownHook'))
      .map((line) => line.replace(' -> @request-context/fastify', ''))
      .map((line) => line.replace(/(127\.0\.0\.1):\d+/g, '$1'))
      .toSorted()
  );
}

const hooked = ['http', 'https', 'express', 'koa', 'fastify'];

/** Requires the modules again: a tracer patches a module that is already loaded when it is required the next time. */
export function requireAgain() {
  for (const name of hooked) require(name);
}

/** @type {Readonly<Record<string, (collector: Awaited<ReturnType<typeof startCollector>>) => Promise<Agent>>>} */
export const agents = {
  async opentelemetry() {
    const { NodeSDK } = require('@opentelemetry/sdk-node');
    const { InMemorySpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base');
    const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
    const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express');
    const { KoaInstrumentation } = require('@opentelemetry/instrumentation-koa');
    const { FastifyOtelInstrumentation } = require('@fastify/otel');
    const exporter = new InMemorySpanExporter();
    const sdk = new NodeSDK({
      spanProcessors: [new SimpleSpanProcessor(exporter)],
      instrumentations: [
        new HttpInstrumentation(),
        new ExpressInstrumentation(),
        new KoaInstrumentation(),
        new FastifyOtelInstrumentation({ registerOnInitialization: true }),
      ],
    });
    sdk.start();
    requireAgain();
    const kinds = ['internal', 'server', 'client'];
    return {
      finished: () =>
        settled(() =>
          exporter
            .getFinishedSpans()
            .map(({ kind, name, status }) => `${kinds[kind]} ${name} ${status.code}`),
        ),
    };
  },

  async 'dd-trace'(collector) {
    process.env.DD_TRACE_AGENT_URL = `http://127.0.0.1:${collector.port}`;
    process.env.DD_INSTRUMENTATION_TELEMETRY_ENABLED = 'false';
    process.env.DD_REMOTE_CONFIGURATION_ENABLED = 'false';
    process.env.DD_TRACE_STARTUP_LOGS = 'false';
    process.env.DD_RUNTIME_METRICS_ENABLED = 'false';
    require('dd-trace').init({ flushInterval: 50, profiling: false, plugins: true });
    requireAgain();
    return { finished: () => settled(collector.collected) };
  },

  async elastic(collector) {
    const apm = require('elastic-apm-node').start({
      serverUrl: `http://127.0.0.1:${collector.port}`,
      serviceName: 'host-tests',
      apiRequestTime: '100ms',
      centralConfig: false,
      cloudProvider: 'none',
      metricsInterval: '0s',
      spanStackTraceMinDuration: -1,
      logLevel: 'off',
    });
    requireAgain();
    return {
      async finished() {
        await sleep(100);
        await apm.flush();
        return settled(collector.collected);
      },
    };
  },

  async newrelic(collector) {
    Object.assign(process.env, {
      NEW_RELIC_APP_NAME: 'host-tests',
      NEW_RELIC_LICENSE_KEY: '0'.repeat(40),
      NEW_RELIC_HOST: 'localhost',
      NEW_RELIC_PORT: String(collector.securePort),
      NEW_RELIC_NO_CONFIG_FILE: 'true',
      NEW_RELIC_LOG_ENABLED: 'false',
      NEW_RELIC_UTILIZATION_DETECT_AWS: 'false',
      NEW_RELIC_UTILIZATION_DETECT_AZURE: 'false',
      NEW_RELIC_UTILIZATION_DETECT_GCP: 'false',
      NEW_RELIC_UTILIZATION_DETECT_DOCKER: 'false',
      NEW_RELIC_UTILIZATION_DETECT_KUBERNETES: 'false',
      NEW_RELIC_CERTIFICATES: collector.cert,
    });
    const newrelic = require('newrelic');
    requireAgain();
    const signal = AbortSignal.timeout(10_000);
    await once(newrelic.agent, 'started', { signal });
    return {
      async finished() {
        await sleep(100);
        await new Promise((resolve) => {
          newrelic.shutdown({ collectPendingData: true, timeout: 3000 }, resolve);
        });
        return settled(collector.collected);
      },
    };
  },

  async sentry() {
    const Sentry = require('@sentry/node');
    /** @type {string[]} */
    const finished = [];
    Sentry.init({
      dsn: 'http://key@127.0.0.1:9/1',
      tracesSampleRate: 1,
      traceLifecycle: 'static',
      beforeSendTransaction({ transaction, contexts, spans = [] }) {
        finished.push(`transaction ${transaction} ${contexts?.trace?.status}`);
        for (const { op, description } of spans) finished.push(`span ${op} ${description}`);
        return null;
      },
    });
    requireAgain();
    return {
      async finished() {
        await Sentry.flush(2000);
        return settled(() => finished);
      },
    };
  },
};
