import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { uuid } from '../../../tests/kit/http.ts';
import { serve } from '../../../tests/kit/serve.js';
import { startChain } from '../src/chain.js';

const run = promisify(execFile);
const main = join(import.meta.dirname, '../src/main.js');

/** @type {Awaited<ReturnType<typeof startChain>> | undefined} */
let chain;
afterEach(() => chain?.close());

describe('the chain of services', () => {
  it("log each request's own id in every service, with 300 requests at once", async () => {
    chain = await startChain();
    const { url, expected, linesOf } = chain;
    const orders = Array.from({ length: 300 }, (_, n) => `order-${n}`);
    await Promise.all(
      orders.map(async (order) => {
        const response = await fetch(`${url}/orders/${order}`, {
          method: 'POST',
          headers: { 'X-Request-ID': `id-of-${order}` },
        });
        expect(response.status).toBe(200);
        expect(response.headers.get('X-Request-ID')).toBe(`id-of-${order}`);
      }),
    );
    for (const order of orders) {
      const lines = await linesOf(order);
      expect(countBy(lines)).toEqual(expected);
      expect(new Set(lines.map(({ requestId }) => requestId))).toEqual(new Set([`id-of-${order}`]));
    }
  });

  it('run without brokers, and say which one does not respond', async () => {
    const { url, close } = await serve(createServer());
    await close();
    const free = url.replace('http:', 'redis:');
    chain = await startChain({ redisUrl: free });
    expect(chain.missing).toEqual([`Redis does not respond at ${free}: no job is added.`]);
    const response = await fetch(`${chain.url}/orders/7`, { method: 'POST' });
    expect(await response.json()).toEqual({ order: '7', state: 'reserved' });
    const lines = await chain.linesOf('7');
    expect(countBy(lines)).toEqual({ gateway: 2, orders: 2, stock: 1 });
    const [id, ...others] = new Set(lines.map(({ requestId }) => requestId));
    expect(id).toMatch(uuid);
    expect(others).toEqual([]);
  });
});

it('print one listing of what all services logged', async () => {
  const { stdout, stderr } = await run(process.execPath, [main, 'myid']);
  expect(stderr).toBe('');
  expect(stdout).toContain('X-Request-ID: myid\n');
  const listed = stdout.match(/^ *\+\d+ ms {2}.*$/gm) ?? [];
  expect(listed.length).toBeGreaterThanOrEqual(5);
  for (const line of listed) expect(line).toMatch(/^ *\+\d+ ms {2}[a-z]+ +myid {2}/);
});

/** Counts the lines of each service. @param {{ service: string }[]} lines */
function countBy(lines) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const { service } of lines) counts[service] = (counts[service] ?? 0) + 1;
  return counts;
}
