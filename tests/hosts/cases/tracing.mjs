// markSpan() and traceFields() with the span that instrumentation-http made, and the recipe for Sentry.
// Arguments: the tracer, when it is loaded, and which build of the logging package.

import { send } from '../../kit/send.js';
import { requireAgain } from './support/agents.mjs';
import {
  finish,
  holds,
  isBare,
  listen,
  loadLibrary,
  require,
  sleep,
  variant,
  waitFor,
} from './support/case.mjs';
import { hosts } from './support/hosts.mjs';

const [tracer = '', moment = '', build = ''] = variant;

/** How many requests each server gets at once. */
const atOnce = 50;

/**
 * A tracer: what a handler does with it, and what it has then reported for each path.
 *
 * @typedef {object} Tracer
 * @property {(path: string) => unknown} handle
 * @property {() => Record<string, unknown>} reported
 * @property {(id: string, isAdopted: boolean, handled: any) => unknown} expected
 */

/** @type {Readonly<Record<string, () => Promise<Tracer>>>} */
const tracers = {
  opentelemetry: () => startOpenTelemetry([]),
  'opentelemetry and frameworks'() {
    const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express');
    const { KoaInstrumentation } = require('@opentelemetry/instrumentation-koa');
    const { FastifyOtelInstrumentation } = require('@fastify/otel');
    return startOpenTelemetry([
      new ExpressInstrumentation(),
      new KoaInstrumentation(),
      new FastifyOtelInstrumentation({ registerOnInitialization: true }),
    ]);
  },

  async sentry() {
    const Sentry = require('@sentry/node');
    /** @type {Record<string, unknown>} */
    const reported = {};
    Sentry.init({
      dsn: 'http://key@127.0.0.1:9/1',
      tracesSampleRate: 1,
      beforeSend({ message, tags }) {
        reported[message] = tags;
        return null;
      },
    });
    requireAgain();
    if (!isBare) await import('./recipes/sentry.mjs');
    return {
      handle: (path) => void Sentry.captureMessage(path),
      reported: () => reported,
      expected: (id) => ({ request_id: id }),
    };
  },
};

/** @param {unknown[]} others - Instrumentations beside that of http. @returns {Promise<Tracer>} */
async function startOpenTelemetry(others) {
  const { NodeSDK } = require('@opentelemetry/sdk-node');
  const { InMemorySpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base');
  const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
  const exporter = new InMemorySpanExporter();
  const spanProcessors = [new SimpleSpanProcessor(exporter)];
  new NodeSDK({ spanProcessors, instrumentations: [new HttpInstrumentation(), ...others] }).start();
  requireAgain();
  const library = await loadLibrary('logging/opentelemetry', /** @type {any} */ (build));
  return {
    handle() {
      library?.markSpan();
      return library?.traceFields();
    },
    reported() {
      /** @type {any[]} */
      const spans = exporter.getFinishedSpans().filter(({ kind }) => kind === 1);
      return Object.fromEntries(
        spans.map((span) => {
          const { traceId, spanId } = span.spanContext();
          const { attributes } = span;
          const names = Object.keys(attributes).filter((name) => name.endsWith('_request_id'));
          return [
            attributes['url.path'] ?? attributes['http.target'],
            {
              ids: Object.fromEntries(names.map((name) => [name, attributes[name]])),
              // A handler's own span is that of its framework, in the same trace.
              fields:
                others.length === 0
                  ? { trace_id: traceId, span_id: spanId, trace_flags: '01' }
                  : traceId,
            },
          ];
        }),
      );
    },
    expected: (id, isAdopted, fields) => ({
      ids: {
        'http.response.header.x_request_id': [id],
        ...(isAdopted && { 'http.request.header.x_request_id': [id] }),
      },
      fields: others.length === 0 ? fields : fields?.trace_id,
    }),
  };
}

/** @type {Tracer | undefined} */
let started;
if (moment === 'early') started = await tracers[tracer]();

const names = ['node:http', 'attach', 'express 5', 'koa 3', 'fastify 5'];
const loaded = [];
for (const name of names) {
  loaded.push(
    await hosts[name](async (req, res) => {
      await sleep(Math.random() * 20);
      res.end(JSON.stringify(started?.handle(req.url) ?? null));
    }),
  );
}
if (moment === 'late') started = await tracers[tracer]();

for (const [index, { create, ready }] of loaded.entries()) {
  const server = create();
  await ready?.();
  await listen(server);
  const { port } = server.address();
  if (moment === 'after the first request') {
    await send(`http://127.0.0.1:${port}/first`);
    started ??= await tracers[tracer]();
  }
  /** @type {Record<string, unknown>} */
  const expected = {};
  await Promise.all(
    Array.from({ length: atOnce }, async (_, n) => {
      const path = `/${index}/${n}`;
      const isAdopted = n % 2 === 0;
      const { id, body } = await send(`http://127.0.0.1:${port}${path}`, {
        id: isAdopted ? `id-${index}-${n}` : undefined,
      });
      expected[path] = started?.expected(id, isAdopted, JSON.parse(body));
    }),
  );
  /** @type {Record<string, unknown>} */
  let reported = {};
  await waitFor(() => {
    reported = started?.reported() ?? {};
    return Object.keys(expected).every((path) => path in reported);
  });
  const got = Object.fromEntries(Object.keys(expected).map((path) => [path, reported[path]]));
  holds(`what ${names[index]} reports`, expected, got);
}
finish();
