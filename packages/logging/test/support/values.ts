import type { FieldOptions } from '../../src/index.ts';

// Values that the tests put into the context beside the id.
declare module '@request-context/core' {
  interface ContextValues {
    tenant: unknown;
    secret: string;
    trace: string;
  }
}

/** What a request's context holds in most tests. */
export const values = { requestId: 'myid', tenant: 'acme', secret: 'hidden' };

/** Options that name more than the id: what they name, the options, the fields for `values`. */
export const namedValues: [what: string, options: FieldOptions, fields: object][] = [
  ['more values', { keys: ['requestId', 'tenant'] }, { requestId: 'myid', tenant: 'acme' }],
  [
    'values under other names',
    { keys: { requestId: 'http.request.id' } },
    { 'http.request.id': 'myid' },
  ],
];
