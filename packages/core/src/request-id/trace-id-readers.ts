/**
 * Functions that read the id from headers that hold more than an id, by the headers' lower-case names. They
 * return undefined for a value that does not follow the header's specification.
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
 * Returns the trace id of a `traceparent` header. Only lower-case hex is valid; ids of zeros and version `ff`
 * are not. Version `00` ends after the flags; later versions may go on after another dash.
 * Source: W3C Trace Context, https://www.w3.org/TR/trace-context/#traceparent-header
 */
function readTraceparent(value: string): string | undefined {
  const [, version, traceId, parentId, rest] = traceparent.exec(value) ?? [];
  if (traceId === undefined || parentId === undefined) return undefined;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  return zeros.test(traceId) || zeros.test(parentId) ? undefined : traceId;
}

/**
 * Returns the root of an `X-Amzn-Trace-Id` header, such as `Root=1-67891233-abcdef012345678912345678;Sampled=1`.
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
 * Returns the trace id of an `X-Cloud-Trace-Context` header: `TRACE_ID/SPAN_ID;o=OPTIONS`.
 * Source: Google Cloud Trace, "Trace context".
 */
function readCloudTraceContext(value: string): string | undefined {
  const traceId = cloudTraceContext.exec(value)?.[1];
  return traceId === undefined || zeros.test(traceId) ? undefined : traceId;
}
