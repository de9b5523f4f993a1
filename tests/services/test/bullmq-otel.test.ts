import { context as otelContext, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { context } from '@request-context/core';
import { withRequestContext } from '@request-context/propagation/bullmq';
import type { Processor } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { telemetry } from '../recipes/bullmq-otel.ts';
import {
  type Bench,
  completed,
  connection,
  createBench,
  inRequest,
  majors,
} from '../src/bullmq-bench.ts';
import { absence, services } from '../src/services.ts';

const isAbsent = inject('absentServices').includes('redis');
const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

interface Attempt {
  readonly requestId: string | undefined;
  readonly parentRequestId?: string;
  readonly traceId: string | undefined;
}

/** Returns a processor that records the current id and trace, and fails in the first `failures` attempts. */
function recorder(failures = 0): { processor: Processor; attempts: Attempt[] } {
  const attempts: Attempt[] = [];
  return {
    attempts,
    async processor({ attemptsMade }) {
      const traceId = trace.getSpan(otelContext.active())?.spanContext().traceId;
      attempts.push({ requestId: undefined, ...context.toObject(), traceId });
      if (attemptsMade < failures) throw new Error('fails once more');
    },
  };
}

/** Runs a task in a request, inside of a span. Returns the span's trace. */
async function inSpan(requestId: string, task: () => Promise<unknown>): Promise<string> {
  return await trace.getTracer('test').startActiveSpan('request', async (span) => {
    await inRequest(requestId, task);
    span.end();
    return span.spanContext().traceId;
  });
}

beforeAll(() => provider.register());
afterAll(() => provider.shutdown());

describe.skipIf(isAbsent).each(majors)(isAbsent ? absence(services.redis) : '%s', (_, bullmq) => {
  let bench: Bench;
  const otel = new BullMQOtel({ tracerName: 'bullmq', enableMetrics: true });

  afterEach(async () => {
    await bench.close();
    exporter.reset();
  });

  it('carry the id and the trace side by side, over attempts', async () => {
    bench = createBench(bullmq, { wrap: otel, id: 'child' });
    const { processor, attempts } = recorder(1);
    const consumer = bench.worker(withRequestContext(processor), { concurrency: 5 });
    const end = completed(consumer, 10);
    const adding = bench.queue();
    const traces = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        inSpan(`adder-${index}`, () => adding.add('one', {}, { attempts: 2 })),
      ),
    );
    await end;
    expect(new Set(attempts.map(({ traceId }) => traceId))).toEqual(new Set(traces));
    for (const [index, traceId] of traces.entries()) {
      const both = attempts.filter((attempt) => attempt.traceId === traceId);
      expect(both).toHaveLength(2);
      expect(both[1]).toEqual(both[0]);
      expect(both[0]?.parentRequestId).toBe(`adder-${index}`);
    }
    expect(new Set(attempts.map(({ requestId }) => requestId)).size).toBe(10);
  });

  it("write the other telemetry's spans, as without this one", async () => {
    const spansOf = async (given: object) => {
      exporter.reset();
      bench = createBench(bullmq);
      const options = { telemetry: given } as object;
      const end = completed(bench.worker(recorder(1).processor, options), 1);
      const adding = bench.queue(options);
      const traceId = await inSpan('adder', () => adding.add('one', {}, { attempts: 2 }));
      await end;
      await bench.close();
      const spans = exporter.getFinishedSpans();
      const nameOf = (spanId: string | undefined) =>
        spans.find((span) => span.spanContext().spanId === spanId)?.name;
      const lines = spans
        .filter((span) => span.spanContext().traceId === traceId)
        .map(({ name, parentSpanContext, kind, attributes, events }) => {
          const parent = nameOf(parentSpanContext?.spanId);
          const happened = events.map((event) => event.name).join();
          const keys = Object.keys(attributes).sort().join();
          return `${parent} > ${name} (${kind}) ${keys} ${happened}`;
        });
      return lines.map((line) => line.replaceAll(bench.name, 'queue')).sort();
    };
    const without = await spansOf(otel);
    expect(without.length).toBeGreaterThan(4);
    expect(await spansOf(telemetry)).toEqual(without);
  });

  it('write metadata that a worker with the other telemetry alone can read', async () => {
    bench = createBench(bullmq, { wrap: otel });
    const { processor, attempts } = recorder();
    const end = completed(bench.worker(processor, { telemetry: otel } as object), 1);
    const adding = bench.queue();
    const traceId = await inSpan('adder', () => adding.add('one', {}));
    await end;
    expect(attempts).toEqual([{ requestId: undefined, traceId }]);
  });

  it('read metadata that a queue with the other telemetry alone has written', async () => {
    bench = createBench(bullmq, { wrap: otel });
    const { processor, attempts } = recorder();
    const end = completed(bench.worker(processor), 1);
    const adding = bench.queue({ telemetry: otel } as object);
    const traceId = await inSpan('adder', () => adding.add('one', {}));
    await end;
    expect(attempts).toEqual([{ requestId: expect.stringMatching(/^[0-9a-f-]{36}$/), traceId }]);
  });

  it.each([
    ['no JSON', 'traceparent: {'],
    ['null', 'null'],
    ['10 MB', 'a'.repeat(10_000_000)],
  ])('run a job whose metadata the other telemetry cannot read: %s', async (_, metadata) => {
    bench = createBench(bullmq, { wrap: otel });
    const { processor, attempts } = recorder(1);
    const plain = new bullmq.Queue(bench.name, { connection });
    await plain.add('forged', {}, { attempts: 2, telemetry: { metadata } });
    await plain.close();
    await completed(bench.worker(withRequestContext(processor)), 1);
    const [first, second] = attempts;
    expect(first?.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(second?.requestId).toBe(first?.requestId);
  });

  it('carry metadata that is no JSON, or has a property of our name, unchanged', async () => {
    for (const written of ['00-trace', '{ "a": 1 }', '{"requestContext":1}', '[1]', '']) {
      const read: unknown[] = [];
      const span = { setSpanOnContext: (parent: unknown) => parent };
      const silent = ['setAttribute', 'setAttributes', 'addEvent', 'recordException', 'end'];
      const wrap = {
        tracer: {
          startSpan: () => ({
            ...span,
            ...Object.fromEntries(silent.map((name) => [name, () => {}])),
          }),
        },
        contextManager: {
          with: (_: unknown, fn: () => unknown) => fn(),
          active: () => 'active',
          getMetadata: () => written,
          fromMetadata: (...args: unknown[]) => read.push(args),
        },
      } as unknown as BullMQOtel;
      bench = createBench(bullmq, { wrap });
      const seen: unknown[] = [];
      const consumer = bench.worker(async () => seen.push(context.toObject()));
      const end = completed(consumer, 1);
      const adding = bench.queue();
      await inRequest('adder', () => adding.add('one', {}));
      await end;
      await bench.close();
      expect(seen).toEqual([{ requestId: 'adder' }]);
      expect(read).toEqual(written === '' ? [] : [['active', written]]);
    }
  });
});
