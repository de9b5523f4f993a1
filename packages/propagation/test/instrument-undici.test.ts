import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { context } from '@request-context/core';
import { expect, it, onTestFinished } from 'vitest';
import { listen } from '../../../tests/kit/http.ts';
import { countAlive } from '../../core/test/support/collect.ts';
import { instrumentOutbound } from '../src/http.ts';

it('hold no request of a connection that was opened before', async () => {
  const seen: (string | string[] | undefined)[] = [];
  const server = createServer((req: IncomingMessage, res) => {
    seen.push(req.headers['x-request-id']);
    res.end('response');
  });
  const url = await listen(server);
  /** Makes calls at once. Returns when their connections wait for the next ones. */
  async function call(ids: readonly (string | undefined)[]): Promise<void> {
    const one = async () => (await fetch(url)).text();
    await Promise.all(
      ids.map((id) => (id === undefined ? one() : context.run({ requestId: id }, one))),
    );
    await delay(5);
  }
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await call(Array.from({ length: 20 }, () => undefined));
  expect(connections).toBe(20);

  const requests: WeakRef<object>[] = [];
  const note = (message: unknown): void => {
    requests.push(new WeakRef((message as { request: object }).request));
  };
  subscribe('undici:request:create', note);
  onTestFinished(() => void unsubscribe('undici:request:create', note));
  onTestFinished(instrumentOutbound({ to: [url] }));
  const ids = Array.from({ length: 100 }, (_, n) => `id-${n}`);
  for (let n = 0; n < ids.length; n += 5) await call(ids.slice(n, n + 5));

  expect(connections).toBe(20);
  expect(seen.slice(20).sort()).toEqual(ids.sort());
  // Each of the connections keeps its last request.
  expect(await countAlive(requests)).toBeLessThanOrEqual(20);
});
