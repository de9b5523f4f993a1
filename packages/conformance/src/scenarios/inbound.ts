import type { HttpScenario } from '../http-scenario.ts';
import { type PolicyCase, policyScenario } from '../policy-case.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';
const traceparent = `00-${traceId}-${parentId}-01`;
const root = '1-67891233-abcdef012345678912345678';
const inbound = ['X-Correlation-ID', 'TraceParent', 'X-Amzn-Trace-Id', 'X-Cloud-Trace-Context'];

/** A value of a header that holds a trace id, and that id: undefined where the value is malformed. */
type Trace = [id: string, what: string, header: string, value: string, traceId: string | undefined];

const zeros = '0'.repeat(32);

/** Values by the W3C's rules for versions: https://www.w3.org/TR/trace-context/#versioning-of-traceparent */
const traceparents = (
  [
    ['', 'traceparent', traceparent, true],
    ['-unsampled', 'a traceparent that is not sampled', `00-${traceId}-${parentId}-00`, true],
    ['-later', 'a traceparent of a later version', `01-${traceId}-${parentId}-01`, true],
    ['-longer', 'a longer traceparent of a later version', `fe-${traceId}-${parentId}-01-x`, true],
    [
      '-run-on',
      'a traceparent that runs on after its flags',
      `01-${traceId}-${parentId}-01x`,
      false,
    ],
    ['-short', 'a traceparent that ends in its flags', `01-${traceId}-${parentId}-0`, false],
    ['-ff', 'a traceparent of version ff', `ff-${traceId}-${parentId}-01`, false],
    ['-version', 'a traceparent with half a version', `0-${traceId}-${parentId}-01`, false],
    ['-00-longer', 'a longer traceparent of version 00', `${traceparent}-01`, false],
    ['-00-dash', 'a traceparent of version 00 that ends in a dash', `${traceparent}-`, false],
    ['-zeros', 'a trace id of zeros', `00-${zeros}-${parentId}-01`, false],
    ['-parent-zeros', 'a parent id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`, false],
    ['-upper-case', 'a traceparent in upper case', traceparent.toUpperCase(), false],
    ['-mixed-case', 'a traceparent in mixed case', traceparent.replace('b', 'B'), false],
    [
      '-flags',
      'a traceparent whose flags are not hexadecimal',
      `00-${traceId}-${parentId}-0g`,
      false,
    ],
    ['-id', 'a traceparent with a short trace id', `00-${traceId.slice(1)}-${parentId}-01`, false],
    ['-underscores', 'a traceparent with underscores', traceparent.replaceAll('-', '_'), false],
  ] as const
).map(
  ([id, what, value, isValid]): Trace => [
    `traceparent${id}`,
    what,
    'traceparent',
    value,
    isValid ? traceId : undefined,
  ],
);

const aws = 'X-Amzn-Trace-Id';
const google = 'X-Cloud-Trace-Context';

const traceIds: readonly Trace[] = [
  ['aws', aws, aws, `Self=1-2-3;Root=${root};Sampled=1`, root],
  ['aws-rootless', `${aws} without a root`, aws, `Self=${root}`, undefined],
  ['aws-malformed', `${aws} with a malformed root`, aws, `Root=${root}0`, undefined],
  ['google', google, google, `${traceId}/1;o=1`, traceId],
  ['google-alone', `${google} that is only a trace id`, google, traceId, traceId],
  ['google-zeros', `${google} with a trace id of zeros`, google, `${zeros}/1`, undefined],
];

function toCase([id, what, header, value, adopted]: Trace): PolicyCase {
  return {
    id: `inbound-${id}`,
    title: adopted === undefined ? `replace ${what}` : `adopt the trace id of ${what}`,
    headers: () => ({ [header]: value }),
    ...(adopted === undefined ? { rejected: () => escape(value) } : { adopted: () => adopted }),
  };
}

/** Returns an invalid value as the context keeps it. */
function escape(value: string): string {
  return value.replace(/[^A-Za-z0-9._~+/=@:-]/g, encodeURIComponent).slice(0, 128);
}

const cases: readonly PolicyCase[] = [
  {
    id: 'inbound-further',
    title: 'adopt the id in a further header',
    headers: (myid) => ({ 'X-Correlation-ID': myid }),
    adopted: (myid) => myid,
  },
  {
    id: 'inbound-case',
    title: 'find a further header in any case',
    headers: (myid) => ({ 'x-CORRELATION-id': myid }),
    adopted: (myid) => myid,
  },
  {
    id: 'inbound-unlisted',
    title: 'ignore headers that are not listed',
    options: { inbound: ['X-Other-ID'] },
    headers: (myid) => ({ 'X-Correlation-ID': myid, traceparent }),
  },
  {
    id: 'inbound-order',
    title: 'prefer `header`, then the order of the option to that of the request',
    headers: (myid) => ({ traceparent, 'X-Correlation-ID': 'second', 'X-Request-ID': myid }),
    adopted: (myid) => myid,
  },
  {
    id: 'inbound-next',
    title: 'adopt the first valid id, and keep the first invalid one as rejectedRequestId',
    headers: (myid) => ({
      'X-Cloud-Trace-Context': '-',
      'X-Correlation-ID': myid,
      'X-Request-ID': '<>',
    }),
    adopted: (myid) => myid,
    rejected: () => '%3C%3E',
  },
  {
    id: 'inbound-last',
    title: 'adopt the id in the last header, after three invalid ones',
    headers: () => ({
      'X-Correlation-ID': 'a b',
      traceparent: 'x',
      'X-Amzn-Trace-Id': 'x',
      'X-Cloud-Trace-Context': traceId,
    }),
    adopted: () => traceId,
    rejected: () => 'a%20b',
  },
  ...traceparents.map(toCase),
  {
    id: 'inbound-repeated',
    title: 'replace a further header that is sent twice',
    headers: () => ({ traceparent: [traceparent, traceparent] }),
    rejected: () => `${traceparent}%2C%20${traceparent}`.slice(0, 128),
  },
  ...traceIds.map(toCase),
];

/** Which headers ids are read from. */
export const inboundScenarios: readonly HttpScenario[] = cases.map((each) =>
  policyScenario({ options: { inbound }, ...each }),
);
