/**
 * Headers that hold an id within something larger, by their lower-case names. Each function gives
 * the id, or undefined where the value is not what its specification says.
 */
export const traceIdReaders: ReadonlyMap<string, (value: string) => string | undefined> = new Map([
  ['traceparent', readTraceparent],
  ['x-amzn-trace-id', readAmazonTraceId],
  ['x-cloud-trace-context', readCloudTraceContext],
]);

const traceparent = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;
const amazonRoot = /^Root=(1-[0-9a-f]{8}-[0-9a-f]{24})$/;
const cloudTraceContext = /^([0-9a-fA-F]{32})(?:\/\d{1,20})?(?:;o=\d{1,3})?$/;
const zeros = /^0+$/;

/**
 * The trace id of a `traceparent` header. Lower-case hex alone; no id of zeros; version `ff` is
 * invalid; version `00` ends after the flags, later ones may go on after another dash.
 * Source: W3C Trace Context, https://www.w3.org/TR/trace-context/#traceparent-header
 */
function readTraceparent(value: string): string | undefined {
  const [, version, traceId, parentId, rest] = traceparent.exec(value) ?? [];
  if (traceId === undefined || parentId === undefined) return undefined;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  return zeros.test(traceId) || zeros.test(parentId) ? undefined : traceId;
}

/**
 * The root of an `X-Amzn-Trace-Id` header, such as `Root=1-67891233-abcdef012345678912345678;Sampled=1`.
 * Source: AWS X-Ray developer guide, "Tracing header".
 */
function readAmazonTraceId(value: string): string | undefined {
  for (const field of value.split(';')) {
    const root = amazonRoot.exec(field.trim())?.[1];
    if (root !== undefined) return root;
  }
  return undefined;
}

/**
 * The trace id of an `X-Cloud-Trace-Context` header: `TRACE_ID/SPAN_ID;o=OPTIONS`.
 * Source: Google Cloud Trace, "Trace context".
 */
function readCloudTraceContext(value: string): string | undefined {
  const traceId = cloudTraceContext.exec(value)?.[1];
  return traceId === undefined || zeros.test(traceId) ? undefined : traceId;
}
