import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { readResponses } from '../../kit/read-response.js';
import { type ClientPlan, handovers, pipelines } from './client-plans.ts';
import { describeMismatch } from './describe-mismatch.ts';
import { LoadedServer, type Measured } from './loaded-server.ts';
import { sendStreams } from './streams.ts';
import { openAll } from './visitors.ts';

const connections = 2_000;

let wave = 0;

/** Runs every client's plan, and returns the mismatches. Clients that do not leave stay connected. */
async function visit(
  sockets: readonly Socket[],
  planFor: (n: number, id: string) => ClientPlan,
): Promise<string[]> {
  wave += 1;
  const fresh: string[] = [];
  const timeLimit = delay(20_000, undefined, { ref: false });
  const problems = await Promise.all(
    sockets.map(async (socket, n) => {
      const plan = planFor(n, `load-${wave}-${n}`);
      const got = await Promise.race([plan.depart(socket, plan.bytes), timeLimit]);
      if (got === undefined) return `${JSON.stringify(plan.expected)}: still waits`;
      if (plan.expected[0]?.id === undefined) {
        fresh.push(...readResponses(got.received).flatMap(({ ids }) => ids));
      }
      return describeMismatch(plan.expected, got);
    }),
  );
  expect(new Set(fresh).size).toBe(fresh.length);
  return problems.filter((problem) => problem !== undefined);
}

/** Returns the lines of stderr except for the reports of failures, one line each. */
const unexpected = (stderr: string): string[] =>
  stderr
    .split('\n')
    .filter((line) => !/^(Request \S+ failed: Error: thrown on purpose\b.*)?$/.test(line));

/** Sends a wave of clients. Returns a function that disconnects the clients that stayed. */
type SendWave = () => Promise<() => unknown>;

/** Sends waves of clients to a server, and checks that it keeps nothing of them. */
async function load(server: LoadedServer, sendWave: SendWave): Promise<void> {
  await server.start();
  async function measureAfter(waves: number): Promise<Measured> {
    const disconnects: (() => unknown)[] = [];
    for (let sent = 0; sent < waves; sent += 1) disconnects.push(await sendWave());
    await server.waitUntilIdle();
    for (const disconnect of disconnects) disconnect();
    return await server.ask('measure');
  }
  // The first waves fill what the process keeps for good: caches and compiled code.
  const before = await measureAfter(2);
  const after = await measureAfter(1);
  console.log(before, after);
  expect(after.wrong).toBe(0);
  expect(after.right).toBeGreaterThan(connections);
  expect(after.alive).toBeLessThanOrEqual(5);
  expect(after.heap - before.heap).toBeLessThan(500_000);
  expect(unexpected(server.stderr)).toEqual([]);
  await server.ask('end');
  expect(await server.exited).toEqual([0, null]);
}

type PlanFor = (n: number, id: string) => ClientPlan;

/** Sends waves of connections, used as planned, to an adapter's server. */
async function loadConnections(adapter: string, planFor: PlanFor): Promise<void> {
  const server = new LoadedServer(adapter, true);
  await load(server, async () => {
    const sockets = await openAll(server.port, connections, { allowHalfOpen: true });
    const problems = await visit(sockets, planFor);
    // Before the mismatches: rejects with stderr if the server has ended.
    await server.ask('count');
    expect(problems.slice(0, 5)).toEqual([]);
    return () => {
      for (const socket of sockets) socket.destroy();
    };
  });
}

it.each([
  ['upgrades and CONNECTs, most of them refused', handovers],
  ['pipelines in which a request fails', pipelines(['half', 'ended', 'throws', 'rejects'])],
])(`keep no descriptor of ${connections} ${'%s'} on node:http`, async (_what, planFor) => {
  await loadConnections('plain-http', planFor);
});

// Frameworks differ in what they do with a response that its handler took over and did not finish.
const frameworkPipelines = pipelines(['throws', 'rejects']);
const both: PlanFor = (n, id) =>
  (n % 2 === 0 ? handovers : frameworkPipelines)(Math.floor(n / 2), id);

it.each(['express-5', 'koa-3', 'fastify-5'])(
  `keep no descriptor of ${connections} upgrades, CONNECTs and failing pipelines on %s`,
  async (adapter) => loadConnections(adapter, both),
);

it(`reset ${connections} of ${2 * connections} HTTP/2 streams, which fail half-way`, async () => {
  const server = new LoadedServer('plain-http2', true);
  await load(server, async () => {
    wave += 1;
    const counts = { sessions: 4, streams: connections / 2 };
    const { problems, close } = await sendStreams(server.port, counts, `${wave}`);
    expect(problems.slice(0, 5)).toEqual([]);
    await close();
    return () => {};
  });
});
