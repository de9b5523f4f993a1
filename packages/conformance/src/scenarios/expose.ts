import assert from 'node:assert/strict';
import type { HttpScenario } from '../http-scenario.ts';

const name = 'Access-Control-Expose-Headers';

/** What a route exposes, and what the response must expose with the option. */
type Exposed = [id: string, what: string, own: string | undefined, expected: readonly string[]];

const table: readonly Exposed[] = [
  ['alone', 'its header where a route exposes none', undefined, ['X-Request-ID']],
  ['beside', 'its header beside that of a route', 'ETag', ['ETag', 'X-Request-ID']],
  ['listed', 'its header beside those of a route', 'ETag, Link', ['ETag', 'Link', 'X-Request-ID']],
  [
    'once',
    'its header once where a route exposes it',
    'x-request-id, ETag',
    ['x-request-id', 'ETag'],
  ],
  [
    'similar',
    'its header beside a similar one',
    'X-Request-ID-2',
    ['X-Request-ID-2', 'X-Request-ID'],
  ],
  // Browsers take '*' literally for requests with credentials.
  ['wildcard', 'its header beside *', '*', ['*', 'X-Request-ID']],
];

function scenario(
  id: string,
  title: string,
  own: string | undefined,
  expected: readonly string[],
  exposeHeader = true,
): HttpScenario {
  return {
    id: `expose-${id}`,
    title,
    setup: { options: { exposeHeader } },
    clients: 8,
    probes: [],
    routes: { 'GET /': (x) => x.send(own === undefined ? {} : { headers: { [name]: own } }) },
    async visit(client) {
      const { headers } = await client.send('/');
      const value = headers[name.toLowerCase()] as string | undefined;
      assert.deepEqual(value?.split(/, */) ?? [], expected, name);
    },
  };
}

/** The option `exposeHeader`. */
export const exposeScenarios: readonly HttpScenario[] = [
  ...table.map(([id, what, own, expected]) => scenario(id, `expose ${what}`, own, expected)),
  scenario('off', 'expose nothing without the option', undefined, [], false),
  scenario(
    'off-beside',
    "leave a route's header alone without the option",
    'ETag',
    ['ETag'],
    false,
  ),
  {
    ...scenario('unhandled', 'expose its header on a 404', undefined, []),
    async visit(client) {
      const { status, headers } = await client.send('/nowhere');
      assert.equal(status, 404);
      assert.equal(headers[name.toLowerCase()], 'X-Request-ID');
    },
  },
];
