import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { readResponses } from '../../kit/read-response.js';
import { type Asking, handovers, pipelines } from './askings.ts';
import { LoadedServer, type Measured } from './loaded-server.ts';
import { problemOf } from './problem-of.ts';
import { askByStreams } from './streams.ts';
import { openAll } from './visitors.ts';

const connections = 2_000;

let wave = 0;

/** Has every client do as it is asked to. Those that do not leave stay connected. */
async function visit(
  sockets: readonly Socket[],
  asking: (n: number, id: string) => Asking,
): Promise<string[]> {
  wave += 1;
  const fresh: string[] = [];
  const patience = delay(20_000, undefined, { ref: false });
  const problems = await Promise.all(
    sockets.map(async (socket, n) => {
      const asked = asking(n, `load-${wave}-${n}`);
      const got = await Promise.race([asked.depart(socket, asked.bytes), patience]);
      if (got === undefined) return `${JSON.stringify(asked.expected)}: left waiting`;
      if (asked.expected[0]?.id === undefined) {
        fresh.push(...readResponses(got.received).flatMap(({ ids }) => ids));
      }
      return problemOf(asked.expected, got);
    }),
  );
  expect(new Set(fresh).size).toBe(fresh.length);
  return problems.filter((problem) => problem !== undefined);
}

/** What is on stderr but the failures that are reported there, each by its one line. */
const unexpected = (stderr: string): string[] =>
  stderr
    .split('\n')
    .filter((line) => !/^(Request \S+ failed: Error: thrown on purpose\b.*)?$/.test(line));

/** Sends a wave of clients. Returns a function that disconnects those that have stayed. */
type SendWave = () => Promise<() => unknown>;

/** Has a server serve waves of clients; sees that nothing is left of them. */
async function load(server: LoadedServer, sendWave: SendWave): Promise<void> {
  await server.start();
  async function measureAfter(waves: number): Promise<Measured> {
    const leaving: (() => unknown)[] = [];
    for (let sent = 0; sent < waves; sent += 1) leaving.push(await sendWave());
    await server.letsGo();
    for (const leave of leaving) leave();
    return await server.ask('measure');
  }
  // The first waves warm up what the process keeps for itself.
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

type Ask = (n: number, id: string) => Asking;

/** Has an adapter serve waves of connections that are used as asked. */
async function loadConnections(adapter: string, ask: Ask): Promise<void> {
  const server = new LoadedServer(adapter, true);
  await load(server, async () => {
    const sockets = await openAll(server.port, connections, { allowHalfOpen: true });
    const problems = await visit(sockets, ask);
    // First whether it is there at all.
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
])(`node:http keeps no descriptor of ${connections} ${'%s'}`, async (_what, ask) => {
  await loadConnections('plain-http', ask);
});

// What a framework does with a response that its handler has taken over and not finished is its own.
const frameworkPipelines = pipelines(['throws', 'rejects']);
const both: Ask = (n, id) => (n % 2 === 0 ? handovers : frameworkPipelines)(Math.floor(n / 2), id);

it.each(['express-5', 'koa-3', 'fastify-5'])(
  `%s keeps no descriptor of ${connections} upgrades, CONNECTs and pipelines in which a request fails`,
  async (adapter) => loadConnections(adapter, both),
);

it(`node:http2 resets ${connections} of ${2 * connections} streams that fail half-way`, async () => {
  const server = new LoadedServer('plain-http2', true);
  await load(server, async () => {
    wave += 1;
    const counts = { sessions: 4, streams: connections / 2 };
    const { problems, close } = await askByStreams(server.port, counts, `${wave}`);
    expect(problems.slice(0, 5)).toEqual([]);
    await close();
    return () => {};
  });
});
