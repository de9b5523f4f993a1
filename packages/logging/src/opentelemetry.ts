import { getRequestId } from '@request-context/core';
import { currentIdHeaders, type IdHeaders, shareInProcess } from '@request-context/core/adapter';

/** The fields of a log line that name its span, after OpenTelemetry's "Trace Context in non-OTLP Log Formats". */
export interface TraceFields {
  /** 32 lower-case hex digits. */
  trace_id: string;
  /** 16 lower-case hex digits. */
  span_id: string;
  /** Two hex digits: `'01'` if the trace is sampled. */
  trace_flags: string;
}

/** The part of a span that is used here. */
interface Span {
  spanContext(): { readonly traceId: string; readonly spanId: string; readonly traceFlags: number };
  isRecording(): boolean;
  setAttribute(key: string, value: string[]): unknown;
}

/** What `@opentelemetry/api` 1.x keeps on globalThis: what the SDK has registered. */
interface Api {
  readonly context?: { active(): OtelContext };
}

interface OtelContext {
  getValue(key: symbol): unknown;
}

// All copies of the API's major version 1 share these keys. So the API itself needs no import.
const apiKey = Symbol.for('opentelemetry.js.api.1');
const spanKey = Symbol.for('OpenTelemetry Context Key SPAN');
/** Where instrumentation-http keeps the span of the server's request, for instrumentations of frameworks. */
const serverKey = Symbol.for('OpenTelemetry SDK Context Key RPC_METADATA');

/** The ids of requests that spans are marked with. */
const marked: WeakMap<Span, string> = shareInProcess(
  '@request-context/logging/marked-spans:1',
  () => new WeakMap(),
);

const traceId = /^(?!0+$)[0-9a-f]{32}$/;
const spanId = /^(?!0+$)[0-9a-f]{16}$/;

/**
 * Returns the fields that name the current span: `trace_id`, `span_id` and `trace_flags`. Returns `{}` if there is
 * no OpenTelemetry SDK, no span, or no valid one. Never throws. Call it when the log call is made.
 *
 * @example
 * const logger = pino({ mixin: () => ({ ...requestFields(), ...traceFields() }) });
 */
export function traceFields(): Partial<TraceFields> {
  try {
    const context = (currentContext()?.getValue(spanKey) as Span | undefined)?.spanContext();
    if (context === undefined) return {};
    const { traceId: trace_id, spanId: span_id, traceFlags } = context;
    if (!isId(trace_id, traceId) || !isId(span_id, spanId)) return {};
    return { trace_id, span_id, trace_flags: (traceFlags & 0xff).toString(16).padStart(2, '0') };
  } catch {
    // Whatever is on globalThis. A log call must not throw.
    return {};
  }
}

/**
 * Sets the current request's id on the current span, as the attribute `http.response.header.x_request_id`, and as
 * `http.request.header.x_request_id` if it was adopted from the caller. The values are arrays of one string. Does
 * nothing without an id, an OpenTelemetry SDK, or a span that records. Never throws.
 *
 * ## The server's span is marked too
 *
 * Inside of a handler, the current span may be one that an instrumentation of the framework made. The span that
 * `@opentelemetry/instrumentation-http` made for the request gets the same attributes, but never the id of a task that
 * has another one. A span keeps the first request's id that it is marked with.
 *
 * ## The attributes are named after the headers
 *
 * Where the options name another `header`, or the id was adopted from another header of `inbound`, the attribute
 * has that header's name. An id that was read from `traceparent` or another trace header is only a part of its
 * value, so it sets no attribute of the request.
 *
 * @example
 * app.use(requestId());
 * app.use((req, res, next) => {
 *   markSpan();
 *   next();
 * });
 */
export function markSpan(): void {
  try {
    const id = getRequestId();
    if (typeof id !== 'string') return;
    const context = currentContext();
    const headers = currentIdHeaders();
    const server = (context?.getValue(serverKey) as { readonly span?: unknown } | undefined)?.span;
    const spans = new Set([context?.getValue(spanKey)]);
    // A task with another id must not mark the request's span.
    if (headers === undefined) spans.delete(server);
    else spans.add(server);
    for (const span of spans) mark(span, id, headers);
  } catch {
    // Whatever is on globalThis. A trace must not fail the request.
  }
}

/** Returns OpenTelemetry's current context. Throws where other code has put something else on globalThis. */
function currentContext(): OtelContext | undefined {
  return (globalThis as { readonly [apiKey]?: Api })[apiKey]?.context?.active();
}

function mark(target: unknown, id: string, headers: IdHeaders | undefined): void {
  const span = target as Span | undefined;
  // The SDK logs a warning where a span that has ended is changed.
  if (span?.isRecording() !== true) return;
  // A request that is injected into a server, such as by Fastify's inject(), has the span of the request that does so.
  if ((marked.get(span) ?? id) !== id) return;
  if (headers !== undefined) marked.set(span, id);
  span.setAttribute(attribute('response', headers?.response ?? 'x-request-id'), [id]);
  if (headers?.request !== undefined)
    span.setAttribute(attribute('request', headers.request), [id]);
}

function isId(id: unknown, pattern: RegExp): boolean {
  return typeof id === 'string' && pattern.test(id);
}

/** Returns an attribute's name. It has the underscores of the conventions' earlier form, on both sides alike. */
function attribute(side: 'request' | 'response', header: string): string {
  return `http.${side}.header.${header.replaceAll('-', '_')}`;
}
