import { createServer, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import {
  context as otelContext,
  propagation,
  ROOT_CONTEXT,
  type Span,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { context, type RequestIdOptions } from '@request-context/core';
import { attach, requestId as expressRequestId } from '@request-context/express';
import { requestId as fastifyRequestId } from '@request-context/fastify';
import { requestId as koaRequestId } from '@request-context/koa';
import express from 'express';
import { fastify } from 'fastify';
import Koa from 'koa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen, send, uuid } from '../../../tests/kit/http.ts';
import { markSpan, traceFields } from '../src/opentelemetry.ts';
import { revoked } from './support/hostile-values.ts';

const apiKey = Symbol.for('opentelemetry.js.api.1');
const holder = globalThis as { [apiKey]?: unknown };
const responseId = 'http.response.header.x_request_id';
const requestId = 'http.request.header.x_request_id';
/** Where instrumentation-http keeps the span of the server's request. */
const serverKey = Symbol.for('OpenTelemetry SDK Context Key RPC_METADATA');
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

let exporter: InMemorySpanExporter;
let provider: NodeTracerProvider;

beforeEach(() => {
  exporter = new InMemorySpanExporter();
  provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
});

afterEach(async () => {
  trace.disable();
  otelContext.disable();
  propagation.disable();
  await provider.shutdown();
});

/** Runs `task` in a new span, which ends afterwards. Returns the attributes that the span has then. */
function attributesOf(task: (span: Span) => void): ReadableSpan['attributes'] | undefined {
  trace.getTracer('test').startActiveSpan('test', (span) => {
    task(span);
    span.end();
  });
  return exporter.getFinishedSpans().at(-1)?.attributes;
}

/** Handles a request in a span of its name, and marks that span after a timer. */
async function handle(req: IncomingMessage): Promise<string> {
  return trace.getTracer('test').startActiveSpan(String(req.url), async (span) => {
    await delay(Math.random() * 10);
    markSpan();
    const fields = traceFields();
    span.end();
    return JSON.stringify(fields);
  });
}

/** The servers, each with one handler for all requests. */
const servers: Readonly<Record<string, (options?: RequestIdOptions<unknown>) => Promise<string>>> =
  {
    'node:http'(options) {
      const server = createServer(async (req, res) => void res.end(await handle(req)));
      attach(server, options);
      return listen(server);
    },
    express(options) {
      const app = express();
      app.use(expressRequestId(options));
      app.use(async (req, res) => void res.send(await handle(req)));
      return listen(createServer(app));
    },
    koa(options) {
      const app = new Koa();
      app.use(koaRequestId(options));
      app.use(async (ctx) => {
        ctx.body = await handle(ctx.req);
      });
      return listen(createServer(app.callback()));
    },
    async fastify(options) {
      const app = fastify();
      app.register(fastifyRequestId, options ?? {});
      app.get('/*', (request) => handle(request.raw));
      await app.ready();
      return listen(app.server);
    },
  };

function spanOf(path: string): ReadableSpan | undefined {
  return exporter.getFinishedSpans().find(({ name }) => name === path);
}

describe.each(Object.entries(servers))('a request of %s', (_name, start) => {
  it('mark its span with an id that was adopted, on both sides', async () => {
    const { body } = await send(`${await start()}/adopted`, { id: 'myid' });
    const span = spanOf('/adopted');
    expect(span?.attributes).toEqual({ [responseId]: ['myid'], [requestId]: ['myid'] });
    const { traceId, spanId } = span?.spanContext() ?? {};
    expect(JSON.parse(body)).toEqual({ trace_id: traceId, span_id: spanId, trace_flags: '01' });
  });

  it.each(['', 'not valid', undefined])('mark it as a response alone: %j sent', async (sent) => {
    const { id } = await send(`${await start()}/made`, { id: sent });
    expect(id).toMatch(uuid);
    expect(spanOf('/made')?.attributes).toEqual({ [responseId]: [id] });
  });

  it('mark it after the header that carries the id', async () => {
    const url = await start({ header: 'X-My-ID', inbound: ['X-Correlation-ID', 'traceparent'] });
    const response = 'http.response.header.x_my_id';
    const cases = [
      ['/own', { 'X-My-ID': 'a' }, { [response]: ['a'], 'http.request.header.x_my_id': ['a'] }],
      [
        '/other',
        { 'X-Correlation-ID': 'b' },
        { [response]: ['b'], 'http.request.header.x_correlation_id': ['b'] },
      ],
      ['/part', { traceparent }, { [response]: ['4bf92f3577b34da6a3ce929d0e0e4736'] }],
    ] as const;
    for (const [path, headers, attributes] of cases) {
      await send(url + path, { headers: { ...headers } });
      expect(spanOf(path)?.attributes).toEqual(attributes);
    }
  });

  it('mark each of 100 concurrent spans with its own id', async () => {
    const url = await start();
    const ids = Array.from({ length: 100 }, (_, n) => `id-${n}`);
    const bodies = await Promise.all(
      ids.map(async (id) => (await send(`${url}/${id}`, { id })).body),
    );
    for (const [n, id] of ids.entries()) {
      const span = spanOf(`/${id}`);
      expect(span?.attributes).toEqual({ [responseId]: [id], [requestId]: [id] });
      expect(JSON.parse(bodies[n] ?? '').span_id).toBe(span?.spanContext().spanId);
    }
  });
});

describe('traceFields', () => {
  it('return the fields of the innermost span, in a request and outside of any', () => {
    attributesOf((outer) => {
      attributesOf((inner) => {
        const { traceId, spanId } = inner.spanContext();
        const fields = { trace_id: traceId, span_id: spanId, trace_flags: '01' };
        expect(traceFields()).toEqual(fields);
        expect(context.run({ requestId: 'myid' }, traceFields)).toEqual(fields);
      });
      expect(traceFields().span_id).toBe(outer.spanContext().spanId);
    });
  });

  it.each([
    [TraceFlags.NONE, '00'],
    [TraceFlags.SAMPLED, '01'],
    [0x10, '10'],
    [0xff, 'ff'],
  ])('write the flags %i as two digits', (traceFlags, expected) => {
    const spanContext = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags };
    otelContext.with(trace.setSpanContext(ROOT_CONTEXT, spanContext), () => {
      expect(traceFields().trace_flags).toBe(expected);
    });
  });

  it.each([
    ['a trace id of zeros', { traceId: '0'.repeat(32) }],
    ['a span id of zeros', { spanId: '0'.repeat(16) }],
    ['a trace id that is not hex', { traceId: 'x'.repeat(32) }],
    ['a trace id that ends a line', { traceId: `${'a'.repeat(32)}\n` }],
    ['a span id of another length', { spanId: 'b' }],
    ['a trace id that is no string', { traceId: 7 as unknown as string }],
    ['a trace id that is an array', { traceId: ['a'.repeat(32)] as unknown as string }],
    ['flags that are no number', { traceFlags: Symbol('flags') as unknown as number }],
  ])('return no field of %s', (_what, wrong) => {
    const valid = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
    otelContext.with(trace.setSpanContext(ROOT_CONTEXT, { ...valid, ...wrong }), () => {
      expect(traceFields()).toEqual({});
    });
  });

  it('return a fresh object each time', () => {
    expect(traceFields()).toEqual({});
    expect(traceFields()).not.toBe(traceFields());
  });
});

describe('markSpan', () => {
  it('mark nothing outside of any context, or without an id', () => {
    expect(attributesOf(() => markSpan())).toEqual({});
    expect(attributesOf(() => context.run({}, markSpan))).toEqual({});
  });

  it('mark the span of a task with an id that no request brought', () => {
    const attributes = attributesOf(() => context.run({ requestId: 'job' }, markSpan));
    expect(attributes).toEqual({ [responseId]: ['job'] });
  });

  it("mark the server's span too where another one is current", async () => {
    const server = trace.getTracer('test').startSpan('server');
    const inServer = otelContext.active().setValue(serverKey, { span: server });
    const handler = express();
    handler.use(expressRequestId());
    handler.use((_req, res) => {
      otelContext.with(inServer, () => {
        attributesOf(markSpan);
        context.run({ requestId: 'job' }, () => attributesOf(markSpan));
      });
      res.end();
    });
    await send(await listen(createServer(handler)), { id: 'myid' });
    server.end();
    const marked = { [responseId]: ['myid'], [requestId]: ['myid'] };
    const spans = exporter.getFinishedSpans().map(({ attributes }) => attributes);
    expect(spans).toEqual([marked, { [responseId]: ['job'] }, marked]);
  });

  it.each<[string, () => void]>([
    ['a task with its own id', () => context.run({ requestId: 'job' }, markSpan)],
    [
      'a task with its own id that reads through to the request',
      () => context.fork(markSpan, { inherit: 'chain', values: { requestId: 'job' } }),
    ],
  ])("leave the server's span to the request, where it is current in %s", async (_what, task) => {
    const server = trace.getTracer('test').startSpan('server');
    const inServer = trace
      .setSpan(otelContext.active(), server)
      .setValue(serverKey, { span: server });
    const handler = express();
    handler.use(expressRequestId());
    handler.use((_req, res) => {
      otelContext.with(inServer, () => {
        markSpan();
        task();
      });
      res.end();
    });
    await send(await listen(createServer(handler)), { id: 'myid' });
    server.end();
    const marked = { [responseId]: ['myid'], [requestId]: ['myid'] };
    expect(exporter.getFinishedSpans().map(({ attributes }) => attributes)).toEqual([marked]);
  });

  it('leave the id of a request on its span, where it injects another one', async () => {
    const inner = fastify();
    inner.register(fastifyRequestId, {});
    inner.get('/', async () => {
      markSpan();
      return context.get('requestId');
    });
    const outer = express();
    outer.use(expressRequestId());
    outer.use(async (_req, res) => {
      markSpan();
      const { body } = await inner.inject({ url: '/', headers: { 'x-request-id': 'inner' } });
      res.send(body);
    });
    const server = trace.getTracer('test').startSpan('server');
    const inServer = trace
      .setSpan(otelContext.active(), server)
      .setValue(serverKey, { span: server });
    const url = await listen(
      createServer((req, res) => otelContext.with(inServer, () => outer(req, res))),
    );
    expect((await send(url, { id: 'outer' })).body).toBe('inner');
    server.end();
    const marked = { [responseId]: ['outer'], [requestId]: ['outer'] };
    expect(exporter.getFinishedSpans().map(({ attributes }) => attributes)).toEqual([marked]);
  });

  it("put a request's id on a span that a task of another id has marked before", async () => {
    const handler = express();
    handler.use(expressRequestId());
    handler.use((_req, res) => {
      const marked = attributesOf(() => {
        context.run({ requestId: 'job' }, markSpan);
        markSpan();
        context.run({ requestId: 'job' }, markSpan);
      });
      res.json(marked);
    });
    const { body } = await send(await listen(createServer(handler)), { id: 'myid' });
    expect(JSON.parse(body)).toEqual({ [responseId]: ['myid'], [requestId]: ['myid'] });
  });

  it('leave a span that has ended or does not record unchanged', () => {
    context.run({ requestId: 'myid' }, () => {
      const ended = attributesOf((span) => {
        span.end();
        markSpan();
      });
      expect(ended).toEqual({});
      let changes = 0;
      const span = trace.wrapSpanContext({
        traceId: 'a'.repeat(32),
        spanId: 'b'.repeat(16),
        traceFlags: 0,
      });
      span.setAttribute = () => {
        changes++;
        return span;
      };
      otelContext.with(trace.setSpan(ROOT_CONTEXT, span), markSpan);
      expect(changes).toBe(0);
    });
  });

  it('write no header of a trace', async () => {
    const { headers } = await send(`${await servers.express?.()}/`, { headers: { traceparent } });
    expect(headers).not.toHaveProperty('traceparent');
    expect(headers).not.toHaveProperty('tracestate');
  });
});

describe('a global that is not the API', () => {
  const throwing = new Proxy(
    {},
    {
      get: () => {
        throw new Error('hostile');
      },
    },
  );
  const withSpan = (span: unknown): object => ({
    context: { active: () => ({ getValue: () => span }) },
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['an empty object', {}],
    ['a revoked Proxy', revoked()],
    ['a Proxy that throws', throwing],
    ['a context manager without methods', { context: {} }],
    ['no active context', { context: { active: () => undefined } }],
    ['a number as the span', withSpan(7)],
    ['a span without methods', withSpan({})],
    ['a span that throws', withSpan(throwing)],
    ['no context of the span', withSpan({ spanContext: () => null, isRecording: () => true })],
    [
      'a span whose attributes cannot be set',
      withSpan({ spanContext: revoked, isRecording: () => true, setAttribute: revoked }),
    ],
  ])('cause no error: %s', (_what, api) => {
    const before = holder[apiKey];
    holder[apiKey] = api;
    try {
      context.run({ requestId: 'myid' }, () => {
        expect(traceFields()).toEqual({});
        expect(markSpan()).toBeUndefined();
      });
    } finally {
      holder[apiKey] = before;
    }
  });
});
