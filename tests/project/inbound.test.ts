import { context } from '@request-context/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Answer, send, sendRaw, uuid } from '../kit/http.ts';
import { adapters } from '../runtimes/src/adapters/index.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';
const traceparent = `00-${traceId}-${parentId}-01`;
const root = '1-67891233-abcdef012345678912345678';

const inbound = ['X-Correlation-ID', 'TraceParent', 'X-Amzn-Trace-Id', 'X-Cloud-Trace-Context'];

/** Whether something was sent that was not adopted, and how it is kept. */
type Rejected = string | undefined;

describe.each(adapters.map((adapter) => [adapter.name, adapter] as const))(
  'further headers in %s',
  (_name, adapter) => {
    async function start(onInvalid: 'replace' | 'reject' = 'replace'): Promise<string> {
      const { url, close } = await adapter.start(
        { 'GET /': (x) => x.send({ body: JSON.stringify(context.toObject()) }) },
        { options: { inbound, onInvalid } },
      );
      onTestFinished(close);
      return url;
    }

    function expectId(answer: Answer, id: string | undefined, rejectedRequestId?: Rejected): void {
      expect(answer.status).toBe(200);
      if (id === undefined) expect(answer.id).toMatch(uuid);
      else expect(answer.id).toBe(id);
      const requestId = answer.id;
      expect(JSON.parse(answer.body)).toEqual(
        rejectedRequestId === undefined ? { requestId } : { requestId, rejectedRequestId },
      );
    }

    // By the W3C's rules for vendors: https://www.w3.org/TR/trace-context/#versioning-of-traceparent
    it.each<[what: string, headers: Record<string, string | string[]>, id: string | undefined]>([
      ['traceparent', { traceparent }, traceId],
      ['traceparent in another case', { TRACEPARENT: traceparent }, traceId],
      ['not sampled', { traceparent: `00-${traceId}-${parentId}-00` }, traceId],
      ['of a later version', { traceparent: `01-${traceId}-${parentId}-01` }, traceId],
      ['of a later, longer version', { traceparent: `fe-${traceId}-${parentId}-01-x` }, traceId],
      ['of a later version, run on', { traceparent: `01-${traceId}-${parentId}-01x` }, undefined],
      ['of a later version, too short', { traceparent: `01-${traceId}-${parentId}-0` }, undefined],
      ['of version ff', { traceparent: `ff-${traceId}-${parentId}-01` }, undefined],
      ['of no version', { traceparent: `0-${traceId}-${parentId}-01` }, undefined],
      ['of version 00, longer', { traceparent: `${traceparent}-01` }, undefined],
      ['of version 00, ending in a dash', { traceparent: `${traceparent}-` }, undefined],
      ['of zeros', { traceparent: `00-${'0'.repeat(32)}-${parentId}-01` }, undefined],
      ['with a parent of zeros', { traceparent: `00-${traceId}-${'0'.repeat(16)}-01` }, undefined],
      ['in upper case', { traceparent: traceparent.toUpperCase() }, undefined],
      ['with half an upper case', { traceparent: traceparent.replace('b', 'B') }, undefined],
      ['with flags that are no hex', { traceparent: `00-${traceId}-${parentId}-0g` }, undefined],
      [
        'with an id that is short',
        { traceparent: `00-${traceId.slice(1)}-${parentId}-01` },
        undefined,
      ],
      ['with underscores', { traceparent: traceparent.replaceAll('-', '_') }, undefined],
      ['sent twice', { traceparent: [traceparent, traceparent] }, undefined],
      ['by AWS', { 'X-Amzn-Trace-Id': `Self=1-2-3;Root=${root};Sampled=1` }, root],
      ['by AWS, without a root', { 'X-Amzn-Trace-Id': `Self=${root}` }, undefined],
      ['by AWS, malformed', { 'X-Amzn-Trace-Id': `Root=${root}0` }, undefined],
      ['by Google', { 'X-Cloud-Trace-Context': `${traceId}/1;o=1` }, traceId],
      ['by Google, alone', { 'X-Cloud-Trace-Context': traceId }, traceId],
      ['by Google, of zeros', { 'X-Cloud-Trace-Context': `${'0'.repeat(32)}/1` }, undefined],
      ['a plain one', { 'X-Correlation-ID': 'myid' }, 'myid'],
    ])('%s', async (_what, headers, id) => {
      const rejected =
        id === undefined ? escape(Object.values(headers).flat().join(', ')) : undefined;
      expectId(await send(await start(), { headers }), id, rejected);
    });

    it.each<[what: string, headers: [name: string, value: string][], id: string, Rejected]>([
      [
        'the first of the option, whatever was sent first',
        [
          ['traceparent', traceparent],
          ['X-Correlation-ID', 'second'],
          ['X-Request-ID', 'first'],
        ],
        'first',
        undefined,
      ],
      [
        'the first that is fit',
        [
          ['X-Request-ID', '<>'],
          ['X-Correlation-ID', ''],
          ['traceparent', traceparent],
        ],
        traceId,
        '%3C%3E',
      ],
      [
        'the last, after three that are not',
        [
          ['X-Correlation-ID', 'a b'],
          ['traceparent', 'x'],
          ['X-Amzn-Trace-Id', 'x'],
          ['X-Cloud-Trace-Context', traceId],
        ],
        traceId,
        'a%20b',
      ],
    ])('of several, gives %s', async (_what, headers, id, rejected) => {
      const url = await start('reject');
      const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      const raw = await sendRaw(
        url,
        `GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines}\r\n`,
      );
      expect(raw).toMatch(/^HTTP\/1.1 200 /);
      expect(/\r\nX-Request-ID: (.*)\r\n/i.exec(raw)?.[1]).toBe(id);
      const { rejectedRequestId } = JSON.parse(/\{.*\}/.exec(raw)?.[0] ?? '{}');
      expect(rejectedRequestId).toBe(rejected);
    });
  },
);

/** As ids are kept that were not adopted. */
function escape(value: string): string {
  return value.replace(/[^A-Za-z0-9._~+/=@:-]/g, encodeURIComponent).slice(0, 128);
}
