// An adapter for fetch handlers, from the public entries alone, as docs/writing-an-adapter.md describes.
import { getRequestId, type RequestIdOptions } from '@request-context/core';
import { normalizeOptions, openRequest, type RequestReader } from '@request-context/core/adapter';
import { expect, it } from 'vitest';

type Handler = (request: Request) => Response | Promise<Response>;

const reader: RequestReader<Request> = {
  header: (request, name) => request.headers.get(name),
  // Fetch knows no socket.
  peer: () => undefined,
};

function withRequestId(handler: Handler, given?: RequestIdOptions<Request>): Handler {
  const options = normalizeOptions(given);
  return async (request) => {
    const scope = openRequest(options, reader, request, request);
    const error = scope.takeError();
    const response =
      error === undefined ? await scope.run(handler, request) : new Response(null, { status: 400 });
    if (!options.echo) return response;
    const headers = new Headers(response.headers);
    headers.set(options.header, scope.requestId);
    return new Response(response.body, { status: response.status, headers });
  };
}

const serve = withRequestId(async () => new Response(getRequestId()));

it('make a fresh id for a request whose Headers return null', async () => {
  const response = await serve(new Request('http://localhost/'));
  expect(response.status).toBe(200);
  expect(await response.text()).toMatch(/^[\da-f-]{36}$/);
});

it('adopt the id of a fetch request, and echo it', async () => {
  const headers = { 'X-Request-ID': 'myid' };
  const response = await serve(new Request('http://localhost/', { headers }));
  expect(await response.text()).toBe('myid');
  expect(response.headers.get('X-Request-ID')).toBe('myid');
});

it('reject an invalid id of a fetch request', async () => {
  const rejecting = withRequestId(() => new Response(), { onInvalid: 'reject' });
  const headers = { 'X-Request-ID': '<b>' };
  expect((await rejecting(new Request('http://localhost/', { headers }))).status).toBe(400);
});
