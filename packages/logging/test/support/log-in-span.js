// Calls a recipe's logger in a request's context and a span, then prints the span: node log-in-span.js trace-pino
import { trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { context } from '@request-context/core';

new NodeTracerProvider().register();
const { logger } = await import(`../recipes/${process.argv[2]}.js`);
context.run({ requestId: 'myid' }, () =>
  trace.getTracer('test').startActiveSpan('test', (span) => {
    logger.info('order saved');
    const { traceId, spanId } = span.spanContext();
    console.log(JSON.stringify({ trace_id: traceId, span_id: spanId }));
  }),
);
