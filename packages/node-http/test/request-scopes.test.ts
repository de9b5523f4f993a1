import { createServer } from 'node:http';
import { getRequestId } from '@request-context/core';
import { normalizeOptions, openRequest, type RequestReader } from '@request-context/core/adapter';
import { expect, it } from 'vitest';
import { listen, send } from '../../../tests/kit/http.ts';
import { createRequestScopes } from '../src/adapter.ts';

const reader: RequestReader<object> = { header: () => 'opened', peer: () => undefined };

it("bind a scope that core's openRequest() has opened", async () => {
  const scopes = createRequestScopes();
  const finished: unknown[] = [];
  const url = await listen(
    createServer((req, res) => {
      const opened = openRequest(normalizeOptions(), reader, req, req);
      const bound = scopes.bind(req, res, req);
      res.on('finish', () => finished.push(getRequestId()));
      res.end(String(bound === opened && scopes.bind(req, res, req) === opened));
    }),
  );
  expect(await send(url)).toMatchObject({ id: 'opened', body: 'true' });
  await expect.poll(() => finished).toEqual(['opened']);
});
