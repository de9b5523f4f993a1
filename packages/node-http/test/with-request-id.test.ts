import { createServer } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { listen, send } from '../../../tests/kit/http.ts';
import { getRequestId, requestId, withRequestId } from '../src/index.ts';

describe('withRequestId', () => {
  it.each([
    ['throws', () => fail()],
    ['rejects', async () => fail()],
  ])('respond with 500 when the listener %s, and write to stderr', async (_what, listener) => {
    const stderr = vi.spyOn(console, 'error').mockImplementation(() => {});
    const url = await listen(createServer(withRequestId(listener)));
    const answer = await send(url, { id: 'myid' });
    expect(answer).toMatchObject({ status: 500, id: 'myid' });
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(answer.body)).toEqual({ title: 'Internal Server Error', status: 500 });
    expect(stderr).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^Request myid failed: Error: on purpose\\n {4}at [^\n]+$/),
    );
    stderr.mockRestore();
  });
});

describe('requestId', () => {
  it("be a middleware by connect's conventions", async () => {
    const middleware = requestId({ generate: () => 'made' });
    const server = createServer((req, res) => {
      middleware(req, res, (error) => res.end(`${error} ${req.id} ${getRequestId()}`));
    });
    const answer = await send(await listen(server));
    expect(answer).toMatchObject({ id: 'made', body: 'undefined made made' });
  });
});

function fail(): never {
  throw new Error('on purpose');
}
