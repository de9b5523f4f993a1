import {
  createServer,
  type OutgoingHttpHeader,
  type RequestListener,
  ServerResponse,
} from 'node:http';
import { describe, expect, it } from 'vitest';
import { listen, sendRaw } from '../../../tests/kit/http.ts';
import { type RequestIdOptions, withRequestId } from '../src/index.ts';

type Head = Parameters<Parameters<RequestListener>[1]['writeHead']>;

/** Returns the raw response without what differs between runs, its headers sorted by name. */
async function respond(listener: RequestListener): Promise<string[]> {
  const received = await sendRaw(
    await listen(createServer(listener)),
    'GET / HTTP/1.1\r\nHost: a\r\nX-Request-ID: myid\r\nConnection: close\r\n\r\n',
  );
  const [head = '', body = ''] = received.split('\r\n\r\n');
  const [status = '', ...lines] = head.split('\r\n');
  const kept = lines
    .filter((line) => !/^Date:/.test(line))
    // A repeated header is sent under the first spelling of its name.
    .map((line) => (/^a:/.test(line) ? line.replace('a:', 'A:') : line));
  // Node sends headers in the order in which they were set. Those of one name keep their order.
  const sorted = kept.sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
  return [status, ...sorted, body];
}

function nameOf(line: string): string {
  return line.split(':')[0]?.toLowerCase() ?? '';
}

const isId = (line: string): boolean => nameOf(line) === 'x-request-id';

function writing(given: unknown[], isSet: boolean): RequestListener {
  return (_req, res) => {
    if (isSet) res.setHeader('Set', 'before');
    try {
      res.writeHead(...(given as Head)).end('ok');
    } catch (error) {
      // Shows what a failed writeHead() has left behind.
      res.end(`${(error as NodeJS.ErrnoException).code} ${res.statusCode} ${res.statusMessage}`);
    }
  };
}

/** Sets the headers that writeHead() is given one by one, and adds another, as on-headers does. */
function settingHeaders(listener: RequestListener): RequestListener {
  return (req, res) => {
    const { writeHead } = res;
    res.writeHead = function (this: ServerResponse, status: number, ...given: unknown[]) {
      const at = typeof given[0] === 'string' ? 1 : 0;
      const headers = given[at] ?? {};
      const pairs = (
        !Array.isArray(headers)
          ? Object.entries(headers)
          : Array.isArray(headers[0])
            ? headers
            : headers.flatMap((name, n) => (n % 2 === 0 ? [[name, headers[n + 1]]] : []))
      ) as [string, string][];
      for (const [name, value] of pairs) this.setHeader(name, value);
      this.setHeader('X-On', 'headers');
      return Reflect.apply(writeHead, this, [status, ...given.slice(0, at)]);
    } as typeof writeHead;
    listener(req, res);
  };
}

const heads: [string, unknown[]][] = [
  ['a status', [201]],
  ['a status and a reason', [201, 'Made']],
  ['an object', [200, { A: '1', B: ['2', '3'] }]],
  ['a reason and an object', [200, 'Fine', { A: '1' }]],
  ['an object and undefined', [200, { A: '1' }, undefined]],
  ['undefined and an object', [200, undefined, { A: '1' }]],
  ['null', [200, null]],
  ['an empty list', [200, []]],
  ['a flat list', [200, ['A', '1', 'B', '2']]],
  ['a reason and a flat list', [200, 'Fine', ['A', '1']]],
  ['a flat list that repeats a name', [200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']]],
  ['a flat list that repeats a name in another case', [200, ['A', '1', 'a', '2', 'B', '3']]],
  ['a flat list with arrays', [200, ['A', ['1', '2'], 'B', '3']]],
  ['a flat list with names of Object.prototype', [200, ['__proto__', '1', 'constructor', '2']]],
  [
    'a list of pairs',
    [
      200,
      [
        ['A', '1'],
        ['B', '2'],
      ],
    ],
  ],
  [
    'a list of pairs that repeats a name',
    [
      200,
      [
        ['A', '1'],
        ['A', '2'],
      ],
    ],
  ],
  ['an odd list', [200, ['A', '1', 'B']]],
  ['an invalid name', [200, { A: '1', 'Content-Length': 5, 'bad name': '2' }]],
  ['an invalid value', [200, { A: '1', 'Content-Length': 5, B: 'bad\nvalue' }]],
  ['a flat list with an invalid value', [200, ['A', '1', 'B', 'bad\nvalue']]],
  [
    'pairs with an invalid value',
    [
      200,
      [
        ['A', '1'],
        ['B', 'bad\nvalue'],
      ],
    ],
  ],
  ['a value that is undefined', [200, { A: undefined }]],
  ['an invalid status', ['nonsense', { A: '1' }]],
  ['a status out of range', [1000, { A: '1' }]],
  ['a date and a length', [200, { Date: 'today', 'Content-Length': 2 }]],
  ['no body', [204, { A: '1' }]],
];

describe.each([
  ['no header is set', false],
  ['a header is set', true],
])('writeHead, when %s', (_when, isSet) => {
  it.each(heads)('send what a bare server sends, given %s', async (_what, given) => {
    const bare = await respond(writing(given, isSet));
    const ours = await respond(withRequestId(writing(given, isSet) as never));
    expect(ours.filter(isId)).toEqual(['X-Request-ID: myid']);
    expect(ours.filter((line) => !isId(line))).toEqual(bare);
  });

  it.each(heads)(
    'send what a bare server sends, given %s, behind a patch that sets headers',
    async (_what, given) => {
      const bare = await respond(settingHeaders(writing(given, isSet)));
      const wrapped = withRequestId(writing(given, isSet) as never) as RequestListener;
      const ours = await respond(settingHeaders(wrapped));
      expect(ours.filter(isId)).toEqual(['X-Request-ID: myid']);
      expect(ours.filter((line) => !isId(line))).toEqual(bare);
    },
  );

  const withId: [string, unknown][] = [
    ['an object', { 'x-request-id': 'other', A: '1' }],
    ['a flat list', ['X-REQUEST-ID', 'other', 'A', '1', 'x-request-id', 'another']],
    [
      'a list of pairs',
      [
        ['X-Request-Id', 'other'],
        ['A', '1'],
      ],
    ],
  ];

  it.each(
    // Node rejects pairs once a header is set.
    withId.slice(0, isSet ? 2 : 3),
  )('replace another id in %s', async (_what, given) => {
    const ours = await respond(withRequestId(writing([200, given], isSet) as never));
    expect(ours.filter(isId)).toEqual(['X-Request-ID: myid']);
    expect(ours).toContain('A: 1');
  });

  it.each([
    ['an object', { 'access-control-expose-headers': 'B' }],
    ['a flat list', ['Access-Control-Expose-Headers', 'B']],
    [
      'a flat list that repeats it',
      ['Access-Control-Expose-Headers', 'A', 'access-control-expose-headers', 'B'],
    ],
  ])('add the header to those that are exposed by %s', async (_what, given) => {
    const options: RequestIdOptions = { exposeHeader: true };
    const ours = await respond(withRequestId(writing([200, given], isSet) as never, options));
    const exposed = ours.filter((line) => nameOf(line) === 'access-control-expose-headers');
    expect(exposed).toHaveLength(1);
    expect(exposed[0]).toMatch(/B, X-Request-ID$/);
  });
});

it('leave the arrays that writeHead() is given unchanged', async () => {
  const values: OutgoingHttpHeader[] = [['1', '2'], '3'];
  const given = ['A', values[0], 'A', values[1]];
  await respond(withRequestId(writing([200, given], false) as never));
  expect(given).toEqual(['A', ['1', '2'], 'A', '3']);
});

// Node 26 removed it.
it.runIf('writeHeader' in ServerResponse.prototype)(
  'send the id by writeHeader(), the deprecated name of writeHead(), too',
  async () => {
    const lines = await respond(
      withRequestId((_req, res) => {
        res.removeHeader('X-Request-ID');
        (res as unknown as { writeHeader: typeof res.writeHead }).writeHeader(200, { A: '1' });
        res.end();
      }),
    );
    expect(lines).toContain('X-Request-ID: myid');
    expect(lines).toContain('A: 1');
  },
);
