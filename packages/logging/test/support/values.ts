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
